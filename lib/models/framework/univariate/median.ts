/** The mean of the two middle ones where there is no middle. @param values sorted in place, at least one */
export function takeMedian(values: Float32Array): number {
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
