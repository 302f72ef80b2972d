/** What a worker does: plain data in, plain data out. */
import { type FileFigures, type FileTask, judgeFile } from './judge-file.ts';
import { judgeSeed, type ScenarioFigures, type SeedTask } from './judge-seed.ts';

export type Task = ({ readonly is: 'file' } & FileTask) | ({ readonly is: 'seed' } & SeedTask);
export type Outcome =
  | { readonly is: 'file'; readonly figures: FileFigures }
  | { readonly is: 'seed'; readonly figures: readonly ScenarioFigures[] }
  | { readonly is: 'unused'; readonly reason: string };

/** A file that cannot be used has a reason; any other failure is one of the bench. */
export async function runTask(task: Task): Promise<Outcome> {
  if (task.is === 'seed') return { is: 'seed', figures: await judgeSeed(task) };
  try {
    return { is: 'file', figures: await judgeFile(task) };
  } catch (error) {
    if (error instanceof Error && error.name === 'SeriesError')
      return { is: 'unused', reason: error.message };
    throw new Error(`${task.files.name}: ${(error as Error).message}`, { cause: error });
  }
}
