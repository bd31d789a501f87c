/** People as lists name them: by the names of their keys. The ids stand in JSON. */
import { namesOfApiKeys, type Queryable } from '@sandyq/database';

/** The name for an id: its key's, with the id where another key here has that name; the id itself where it is no key's. */
export type NameOf = (id: string | undefined) => string | undefined;

/** Looks up the names of these. */
export async function namesOfPeople(database: Queryable, ids: Iterable<string | undefined>): Promise<NameOf> {
  const known = [...new Set(ids)].filter((id) => id !== undefined);
  const names = new Map(Object.entries(await namesOfApiKeys(database, known)));
  const keysOfName = Map.groupBy(names.values(), (name) => name);
  return (id) => {
    const name = id === undefined ? undefined : names.get(id);
    if (name === undefined || name === '') return id;
    return (keysOfName.get(name)?.length ?? 0) > 1 ? `${name} (${id})` : name;
  };
}
