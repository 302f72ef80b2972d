/** Whether every member is of one of these detectors. Where none are named, all of them are meant. */
export function isOnlyOf(
  members: readonly { readonly detector: string }[],
  detectors: ReadonlySet<string> | undefined,
): boolean {
  return detectors === undefined || members.every(({ detector }) => detectors.has(detector));
}
