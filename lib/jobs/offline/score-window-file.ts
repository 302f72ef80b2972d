/** A file through a model folder by the scoring job itself: scores, and the anomalies that they come to. */

import { updateState } from '../../store/detector-states.ts';
import { scoresKey, windowsPrefix } from '../../store/keys.ts';
import type { MetricWindow } from '../../window/window.ts';
import { writeWindow } from '../../window/write-window.ts';
import { scoreWindows } from '../score/score-windows.ts';
import { type FoundChange, type LocalBucket, throwIfQuarantined } from './local-bucket.ts';
import type { OpenedModel } from './model-bucket.ts';

export interface ScoredFile {
  readonly rows: number;
  readonly anomalousRows: number;
  /** By the start of their anomaly. */
  readonly changes: readonly FoundChange[];
  /** Parquet, as under scores/. */
  readonly scores: Uint8Array;
}

/**
 * Every row may open an anomaly, those that the model was fitted on included: whoever names a file wants it judged.
 * @throws WindowError with the reason where the model cannot be applied
 */
export async function scoreWindowFile(
  { store, context, found }: LocalBucket,
  model: OpenedModel,
  { window, source }: { readonly window: MetricWindow; readonly source: string },
): Promise<ScoredFile> {
  const { name } = model.detector;
  const key = `${windowsPrefix(name)}data.parquet`;
  await store.put(key, writeWindow(window, model));
  await updateState(store, name, (state) => ({
    ...state,
    phase: 'active',
    step: model.fitted.manifest.step,
    watchFrom: window.range.start - model.fitted.manifest.step,
  }));
  const { scored } = await scoreWindows(model, context);
  await throwIfQuarantined(store, name, source);
  return {
    rows: scored[0]?.rows ?? 0,
    anomalousRows: scored[0]?.anomalousRows ?? 0,
    // Several are found at once; a reader wants them one after the other.
    changes: found.toSorted(
      ({ anomaly: a }, { anomaly: b }) =>
        Date.parse(a.start) - Date.parse(b.start) || (a.changeId < b.changeId ? -1 : 1),
    ),
    scores: (await store.get(scoresKey(key))).body,
  };
}
