/** The 406 of retrieve resources: says in which transfer syntax the content can be had. */
import { DicomwebError } from '@sandyq/dicomweb';

/** Nothing of what the client accepts can be made of content stored in this transfer syntax. */
export function notAcceptable(transferSyntaxUid: string): DicomwebError {
  return new DicomwebError(
    'not-acceptable',
    `This is stored in the transfer syntax ${transferSyntaxUid} and can not be sent in any form that was asked for; ` +
      'accept it as stored with transfer-syntax=*',
  );
}
