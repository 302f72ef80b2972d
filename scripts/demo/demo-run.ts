import type { Deployment } from '../../infra/local/template/deploy-template.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { AlertFeed } from './alert-feed.ts';
import type { Screen } from './screen.ts';

/** What each kind of demo works with. */
export interface DemoRun {
  readonly store: ObjectStore;
  readonly deployment: Deployment;
  readonly feed: AlertFeed;
  readonly screen: Screen;
}
