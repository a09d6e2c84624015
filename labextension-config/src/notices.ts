/** What people are told when something is done, or fails. */
import { Notification } from '@jupyterlab/apputils';

/** Milliseconds that a notice is shown before only the list of notices has it. */
export const SHORT = 3000;
export const LONG = 10_000;

export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

export function tellDone(message: string): void {
  Notification.success(message, { autoClose: SHORT });
}

export function tellProblem(message: string): void {
  Notification.error(message, { autoClose: LONG });
}
