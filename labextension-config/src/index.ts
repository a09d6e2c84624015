/** The plugins of the extension. */
import { browserPlugin } from './browser';
import { stagingPlugin } from './staging';

export default [browserPlugin, stagingPlugin];
