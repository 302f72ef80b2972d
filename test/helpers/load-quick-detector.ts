import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';

/** As `loadDetector`; what says no kind gets one that is fitted at once, where the default one takes a second of a processor. */
export async function loadQuickDetector(
  ...args: Parameters<typeof loadDetector>
): ReturnType<typeof loadDetector> {
  const { detector, ...loaded } = await loadDetector(...args);
  const kind = detector.model.kind === 'auto' ? 'robust-z' : detector.model.kind;
  return { ...loaded, detector: { ...detector, model: { ...detector.model, kind } } };
}
