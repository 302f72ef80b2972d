import path from 'node:path';

/**
 * The script of the threads that fit series, under plain Node. A bundler takes a bundle of it in place of this module:
 * see `imports` in package.json and infra/aws/bundle-workers.ts.
 */
const file: string = path.join(
  import.meta.dirname,
  // .ts, and .js where the sources were compiled file by file.
  `series-worker${path.extname(import.meta.filename)}`,
);
export default file;
