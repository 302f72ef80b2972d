import type { RepositoryCopy } from '../../helpers/repository-copy.ts';

/** What a walk-through of CONTRIBUTING.md adds: the smallest thing that it can. */
export interface WalkThrough {
  /** Of its section. */
  readonly heading: string;
  /** In the section's paths → what it is called here. */
  readonly placeholders: Readonly<Record<string, string>>;
  /** Takes the steps up to where the type check is to say what is missing. */
  declare(copy: RepositoryCopy): void;
  /** Files in which it is to say so. */
  readonly missingIn: readonly string[];
  /** Takes the other steps. */
  complete(copy: RepositoryCopy): void;
  /** Files of tests, of which then those have to pass whose names hold `added`, or one of `alsoNamed`. */
  readonly suites: readonly string[];
  readonly alsoNamed: readonly string[];
}
