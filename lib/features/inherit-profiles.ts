/** What is usual for a pod that training did not know, by those of its workload that it knew. */
import { createInheritance, type Known } from '../base/inherit.ts';
import { NORMAL_TAIL_RANGE } from '../maths/normal-ranges.ts';
import { CONSTANT_TOLERANCE, type Profile } from './profile.ts';

interface Pooled {
  readonly pooled: readonly Profile[];
}

/**
 * One profile a column: the middle one of those that vary, with all of their ranges, or the constant that all share. If the
 * pods do not agree on a level, its scale covers all of their ranges: a new pod may be at the level of any of them, and on the scale
 * of one pod the level of another would be far out.
 */
export const inheritProfiles: (
  scaler: Pooled & Known<readonly Profile[]>,
  entity: string,
) => readonly Profile[] | undefined = createInheritance<readonly Profile[], Pooled>((siblings, { pooled }) =>
  pooled.map(
    (all, column) => mergeColumn(Array.from(siblings.values(), (profiles) => profiles[column]!)) ?? all,
  ),
);

function mergeColumn(profiles: readonly Profile[]): Profile | undefined {
  const varying = profiles.filter(({ shape }) => shape === 'varies').sort((a, b) => a.center - b.center);
  if (2 * varying.length >= profiles.length) {
    const middle = varying[varying.length >> 1]!;
    const low = varying.reduce((least, profile) => Math.min(least, profile.low), Number.POSITIVE_INFINITY);
    const high = varying.reduce((most, profile) => Math.max(most, profile.high), Number.NEGATIVE_INFINITY);
    const isOneLevel = varying.every(({ center }) => center >= middle.low && center <= middle.high);
    const wider = isOneLevel ? 1 : Math.max(1, (high - low) / NORMAL_TAIL_RANGE / middle.scale);
    return { ...widen(middle, wider), low, high };
  }
  const constant = profiles.filter(({ shape }) => shape === 'constant');
  const [first] = constant;
  const isSame = ({ center }: Profile): boolean =>
    Math.abs(center - first!.center) <= CONSTANT_TOLERANCE * Math.abs(first!.center);
  return 2 * constant.length >= profiles.length && constant.every(isSame) ? first : undefined;
}

/** Around its centre: a scaler by range or by mean has its 0 elsewhere, and the centre stays where models know it. */
function widen(profile: Profile, by: number): Profile {
  if (by === 1) return profile;
  const { center, offset, scale, divisor } = profile;
  return { ...profile, scale: by * scale, divisor: by * divisor, offset: center - by * (center - offset) };
}
