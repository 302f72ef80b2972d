/** Texts of secrets, read once for as long as the process lives. */
export interface SecretCache {
  /** @throws what the reading throws; the next call reads again */
  get(arn: string): Promise<string>;
  /** Reads it again, unless somebody did since `stale` was given out. */
  renew(arn: string, stale: string): Promise<string>;
}

export function createSecretCache(readSecret: (arn: string) => Promise<string>): SecretCache {
  const texts = new Map<string, Promise<string>>();

  function read(arn: string): Promise<string> {
    const text = readSecret(arn);
    texts.set(arn, text);
    // One that could not be read is asked for anew.
    text.catch(() => {
      if (texts.get(arn) === text) texts.delete(arn);
    });
    return text;
  }

  return {
    get: (arn) => texts.get(arn) ?? read(arn),
    async renew(arn, stale) {
      const known = texts.get(arn);
      if (known !== undefined) {
        const text = await known;
        if (text !== stale) return text;
        // Whoever came to the same conclusion first reads for all.
        if (texts.get(arn) !== known) return await texts.get(arn)!;
      }
      return await read(arn);
    },
  };
}
