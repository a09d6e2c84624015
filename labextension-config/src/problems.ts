/** What people are told when something fails. */

export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
