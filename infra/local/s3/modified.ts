/** As S3's XML dates an object: whole seconds, with a fraction of zeros. */
export function formatModified(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString();
}
