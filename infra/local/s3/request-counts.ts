/** How often which operation was asked for, and by which role. */
import type { AwsRequest, RequestCount } from '../contract.ts';
import type { OperationName } from './route.ts';

export interface RequestCounts {
  add(request: Pick<AwsRequest, 'permissions'>, operation: OperationName): void;
  list(): readonly RequestCount[];
}

export function createRequestCounts(): RequestCounts {
  const byRole = new Map<string | undefined, Map<OperationName, number>>();
  return {
    add({ permissions }, operation) {
      const role = permissions?.role;
      const counts = byRole.get(role) ?? new Map<OperationName, number>();
      byRole.set(role, counts.set(operation, (counts.get(operation) ?? 0) + 1));
    },
    list: () =>
      [...byRole].flatMap(([role, counts]) =>
        [...counts].map(([operation, count]) => ({ role, operation, count })),
      ),
  };
}
