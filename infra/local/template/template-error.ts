/** The packaged template asks for something that the emulator does not do, or contradicts itself. */
export class TemplateError extends Error {
  constructor(where: string, problem: string, options?: { cause?: unknown }) {
    super(`${where}: ${problem}`, options);
    this.name = 'TemplateError';
  }
}
