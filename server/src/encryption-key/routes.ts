import * as endpoints from "#contract/http/encryption-key.ts";
import { memberRoute } from "../http/route.ts";
import { getEncryptionKey, rotateEncryptionKey } from "./encryption-key.ts";

export const encryptionKeyRoutes = [
  memberRoute(endpoints.getEncryptionKey, (ctx) => getEncryptionKey(ctx)),
  memberRoute(endpoints.rotateEncryptionKey, (ctx) => rotateEncryptionKey(ctx)),
];
