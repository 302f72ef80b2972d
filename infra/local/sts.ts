/** STS, as far as clients ask it who they are. */
import { text } from 'node:stream/consumers';
import { ACCOUNT_ID, AwsError, type AwsRequest, type AwsResponse, type Service } from './contract.ts';

export function createSts(): Service {
  return { handle: answer, close: async () => {} };
}

async function answer(request: AwsRequest): Promise<AwsResponse> {
  const form = new URLSearchParams(await text(request.body));
  const action = form.get('Action') ?? request.query.get('Action');
  if (action !== 'GetCallerIdentity')
    throw new AwsError(
      'NotImplemented',
      501,
      `The emulator does not implement sts ${action ?? 'without an Action'}`,
    );
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': request.requestId },
    body:
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
      `<Arn>arn:aws:iam::${ACCOUNT_ID}:user/test</Arn><UserId>AIDATEST</UserId><Account>${ACCOUNT_ID}</Account>` +
      `</GetCallerIdentityResult><ResponseMetadata><RequestId>${request.requestId}</RequestId></ResponseMetadata>` +
      '</GetCallerIdentityResponse>',
  };
}
