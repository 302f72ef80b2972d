/** Where the page of an incident is to be had. */
import type { Alert } from './alert.ts';

/** "s3://BUCKET/incidents/ID.html"; undefined where it has no page, or nobody knows its bucket. */
export function pageAddress({ objects: { bucket, page } }: Alert): string | undefined {
  return bucket === undefined || page === undefined ? undefined : `s3://${bucket}/${page}`;
}

/**
 * The signed link where the deployment serves pages. Otherwise the object in the console of AWS, for whoever may read it:
 * "Open" there shows the page. Undefined without a region.
 * https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html tells partitions by their regions.
 */
export function pageLink({ objects: { bucket, region, page }, links }: Alert): string | undefined {
  if (links !== undefined) return links.page;
  if (bucket === undefined || region === undefined || page === undefined) return undefined;
  const prefix = encodeURIComponent(page).replaceAll('%2F', '/');
  return `https://${consoleOf(region)}/s3/object/${bucket}?region=${region}&prefix=${prefix}`;
}

/** What of its links no log may show: whoever has it may answer the incident. */
export function secretsOfLinks({ links }: Alert): readonly string[] {
  if (links === undefined || !URL.canParse(links.page)) return [];
  return new URL(links.page).searchParams.getAll('s');
}

function consoleOf(region: string): string {
  if (region.startsWith('cn-')) return `${region}.console.amazonaws.cn`;
  if (region.startsWith('us-gov-')) return `${region}.console.amazonaws-us-gov.com`;
  return `${region}.console.aws.amazon.com`;
}
