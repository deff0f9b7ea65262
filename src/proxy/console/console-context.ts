import type { AdminContext, AdminLogin } from '../admin/index.ts';
import type { AssetSources } from './bundle-assets.ts';

/** What the console needs of the proxy. Members may be getters; each is read when it is needed. */
export interface ConsoleContext {
  readonly admin: AdminContext;
  /** Shared with the admin API, so that both count the same failures. */
  readonly login: AdminLogin;
  /** The switch of the configuration; off: there is nothing under `/console`, and streams end. */
  readonly isOn: boolean;
  /** Of the page; those of the project when left out. */
  readonly sources?: AssetSources;
  /** Unix time, never going back, for the lives of sessions; that of the machine when left out. */
  nowMs?(): number;
  /** Between two frames, ms on the wall; 1,000 when left out. */
  readonly frameEveryMs?: number;
}
