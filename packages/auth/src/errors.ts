/** Errors of this package. A refused request is not one of them: that is a {@link Decision} or an {@link Authentication}. */

/** What can be wrong: an address that needs credentials, served without; a principal that can't be. */
export type AuthErrorCode = 'unauthenticated-address' | 'invalid-principal';

/** An error of this package; the message says what to change. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
