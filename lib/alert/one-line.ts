/** Line breaks, control characters and lone surrogates; SNS and SQS refuse some of them, terminals obey others. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/g;

/** The text with a space in place of each character that cannot be printed. */
export function toOneLine(text: string): string {
  return text.toWellFormed().replaceAll(UNPRINTABLE, ' ');
}
