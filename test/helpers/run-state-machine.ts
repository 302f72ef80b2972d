/**
 * The part of the Amazon States Language that the template's state machine is written in: tasks that invoke functions, a map over
 * items, retries without their pauses. What it does not know it refuses, so that a definition that passes uses nothing else.
 * https://states-language.net/spec.html
 */

export interface StateMachineHost {
  /** Of a function by its ARN; what it threw has its name as `errorType`. */
  invoke(functionArn: string, payload: unknown): Promise<Invoked>;
  /** Before items of a distributed map are started. */
  startItems(): void;
}

export interface Invoked {
  readonly payload: unknown;
  readonly functionError: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

interface Scope {
  readonly input: unknown;
  /** Of a map, the item: `$$.Map.Item.Value`. */
  readonly item?: unknown;
}

/** As a state's catchers and retriers know it. */
export class StateError extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
  }
}

const INVOKE = /^arn:aws:states:::lambda:invoke$/;
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  machine: ['Comment', 'QueryLanguage', 'StartAt', 'States', 'ProcessorConfig'],
  Task: [
    'Type',
    'Comment',
    'Resource',
    'Parameters',
    'ResultSelector',
    'ResultPath',
    'OutputPath',
    'Retry',
    'Next',
    'End',
  ],
  Map: [
    'Type',
    'Comment',
    'ItemsPath',
    'ItemSelector',
    'MaxConcurrency',
    'ItemProcessor',
    'ResultPath',
    'OutputPath',
    'Next',
    'End',
  ],
};

export async function runStateMachine(
  definition: object,
  input: unknown,
  host: StateMachineHost,
): Promise<unknown> {
  const { StartAt, States } = checked('machine', definition as Fields);
  const states = States as Readonly<Record<string, Fields>>;
  let at = String(StartAt);
  let data = input;
  for (;;) {
    const state = states[at];
    if (state === undefined) throw new Error(`there is no state ${at}`);
    data = await runState(state, data, host);
    if (state['End'] === true) return data;
    at = String(state['Next']);
  }
}

async function runState(state: Fields, input: unknown, host: StateMachineHost): Promise<unknown> {
  const type = String(state['Type']);
  checked(type, state);
  const result = type === 'Map' ? await runMap(state, input, host) : await runTask(state, input, host);
  const selected =
    state['ResultSelector'] === undefined ? result : fillIn(state['ResultSelector'], { input: result });
  const { ResultPath = '$' } = state;
  const joined =
    ResultPath === '$' ? selected : { ...(input as Fields), [String(ResultPath).slice(2)]: selected };
  return find(String(state['OutputPath'] ?? '$'), { input: joined });
}

async function runMap(state: Fields, input: unknown, host: StateMachineHost): Promise<unknown[]> {
  const items = find(String(state['ItemsPath']), { input }) as readonly unknown[];
  const { Mode } = (state['ItemProcessor'] as { ProcessorConfig: { Mode: string } }).ProcessorConfig;
  if (Mode === 'DISTRIBUTED') host.startItems();
  const results: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      const own = fillIn(state['ItemSelector'], { input, item: items[i] });
      results[i] = await runStateMachine(state['ItemProcessor'] as object, own, host);
    }
  };
  await Promise.all(Array.from({ length: Number(state['MaxConcurrency']) }, work));
  return results;
}

async function runTask(state: Fields, input: unknown, host: StateMachineHost): Promise<unknown> {
  if (!INVOKE.test(String(state['Resource']))) throw new Error(`a task of ${String(state['Resource'])}`);
  const { FunctionName, Payload } = fillIn(state['Parameters'], { input }) as {
    FunctionName: string;
    Payload: unknown;
  };
  const retries = (state['Retry'] ?? []) as readonly { ErrorEquals: string[]; MaxAttempts: number }[];
  for (let attempt = 0; ; attempt++) {
    const { payload, functionError } = await host.invoke(FunctionName, Payload);
    if (functionError === undefined) return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
    const { errorType, errorMessage } = payload as {
      readonly errorType?: string;
      readonly errorMessage?: string;
    };
    const error = errorType ?? 'Lambda.Unknown';
    const retrier = retries.find(({ ErrorEquals }) => ErrorEquals.includes(error));
    if (retrier === undefined || attempt >= retrier.MaxAttempts)
      throw new StateError(error, errorMessage ?? '');
  }
}

/** Members whose names end with `.$` are paths. */
function fillIn(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((each) => fillIn(each, scope));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) =>
      name.endsWith('.$') ? [name.slice(0, -2), find(String(value), scope)] : [name, fillIn(value, scope)],
    ),
  );
}

/** `$`, `$.a.b`, `$$.Map.Item.Value`. */
function find(path: string, { input, item }: Scope): unknown {
  if (path === '$$.Map.Item.Value') return item;
  const [root, ...names] = path.split('.');
  if (root !== '$') throw new Error(`a path ${path}`);
  return names.reduce<unknown>((value, name) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
      return (value as Fields)[name];
    throw new StateError('States.Runtime', `the path ${path} is not in the input`);
  }, input);
}

function checked(type: string, fields: Fields): Fields {
  const unknown = Object.keys(fields).find((name) => KNOWN[type]?.includes(name) !== true);
  if (unknown !== undefined) throw new Error(`${type} with ${unknown}`);
  return fields;
}
