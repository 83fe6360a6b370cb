import { job } from "../platform/jobs.ts";
import { SEND_MAIL, SEND_WITH_DOCUMENT } from "../platform/mail/mail.ts";
import { sendMail } from "./deletions.ts";
import { ERASE_TENANT, eraseInTurn, RESUME_ERASURES, resumeErasures, VACUUM_ERASED, vacuumErased } from "./erasure.ts";
import { deletionRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const deletions: Feature = {
  name: "deletions",
  routes: () => deletionRoutes,
  jobs: (services) => [
    job(SEND_MAIL, (payload) => sendMail(services, payload)),
    job(SEND_WITH_DOCUMENT, (payload) => sendMail(services, payload)),
    job(ERASE_TENANT, ({ tenantId }, signal) => eraseInTurn(services, tenantId, signal)),
    job(RESUME_ERASURES, () => resumeErasures(services)),
    job(VACUUM_ERASED, (_payload, signal) => vacuumErased(services, signal)),
  ],
  folders: [{ place: "outbox", kind: "mails in the outbox", store: ({ mailer }) => mailer.kept }],
};
