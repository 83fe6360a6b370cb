/** One key for all tests: the serving roles' passwords come from it, and roles belong to the whole cluster. */
export const MASTER_KEY = Buffer.alloc(32, 7);
