/** One for all tests: the passwords of the database's roles follow from it, and the roles belong to the whole cluster. */
export const MASTER_KEY = Buffer.alloc(32, 7);
