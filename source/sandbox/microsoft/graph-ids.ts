/** An id as Graph writes it: the store's base64, but `-` for `/` and `_` for `+`, which is not base64url (lesson 40). */
export const graphId = (id: string): string => id.replaceAll('/', '-').replaceAll('+', '_');

/** The store's form again. Ids are told apart by case. */
export const storeId = (id: string): string => id.replaceAll('-', '/').replaceAll('_', '+');

/** In key form, as in Location: `('user@example.com')`. */
export const keyOf = (key: string): string => `('${key.replaceAll('\'', '\'\'')}')`;

/** In key form inside `@odata.context`: percent-encoded (lesson 39). */
export const contextKey = (key: string): string => `('${encodeURIComponent(key).replaceAll('\'', '%27%27')}')`;
