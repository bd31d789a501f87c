/** How a backup reaches the embedded database: the archive's own role may not copy the server's files. */

/** The superuser's address of the server that this is the archive's address of. Both come through the private socket. */
export function superuserAddress(connectionString: string): string {
  const url = new URL(connectionString);
  url.username = 'postgres';
  url.pathname = '/postgres';
  return url.toString();
}
