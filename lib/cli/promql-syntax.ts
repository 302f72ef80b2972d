/** Whether a query is PromQL, by the grammar that Prometheus maintains for its own editor. Syntax alone: no types, no series. */
import { parser } from '@prometheus-io/lezer-promql';

/** Characters of the query that a message shows. */
const SHOWN = 40;

/** Undefined where it is; otherwise what is wrong, to be read on from the query's name. */
export function findSyntaxProblem(query: string): string | undefined {
  let first: number | undefined;
  parser.parse(query).iterate({
    enter({ type, from }) {
      if (type.isError) first ??= from;
    },
  });
  if (first === undefined) return undefined;
  if (query.slice(first).trim() === '') return `is no PromQL: it ends too early, at character ${first + 1}`;
  const rest = query.slice(first, first + SHOWN);
  return `is no PromQL: at character ${first + 1}, ${JSON.stringify(rest)}${first + SHOWN < query.length ? '…' : ''}`;
}
