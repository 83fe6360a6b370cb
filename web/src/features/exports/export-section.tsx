import { ActionIcon, Button, Progress, Tooltip } from "@mantine/core";
import { IconDownload, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { exportsQuery } from "./queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Export, Tenant } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { sizeWords } from "../../ui/size.ts";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import settings from "../tenants/settings.module.css";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./exports.module.css";

/** Exports of the whole workspace as an archive: requested here, made in the background, and kept here for a week. */
export function ExportSection({ tenant }: { tenant: Tenant }) {
  const { slug } = tenant;
  const queries = useQueryClient();
  const exports = useQuery(exportsQuery(slug));
  const refresh = () => queries.invalidateQueries(showing(slug, "exports"));
  const create = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/exports", { params: { path: { slug } } })),
    onSettled: refresh,
  });
  const building = exports.data?.items.some(({ status }) => status === "building") ?? false;
  const reason = exports.data?.missing ?? (building ? "An export is already being made." : null);

  return (
    <section className={settings.section} id="export" tabIndex={-1} aria-labelledby="export-title">
      <h2 id="export-title">Export</h2>
      <p className={settings.hint}>
        Everything in {tenant.name} as one archive: members, channels, invitations and settings as JSON, the audit log, and the
        recordings as audio that any player opens. It isn't encrypted, so keep it somewhere safe.
      </p>
      <FailureNote>{create.isError && words(create.error)}</FailureNote>
      {exports.isError && <LoadFailure error={exports.error} retry={() => void exports.refetch()} />}
      {exports.data && exports.data.items.length > 0 && (
        <ul className={classes.list} aria-label="Exports">
          {exports.data.items.map((item) => (
            <ExportRow key={item.exportId} slug={slug} item={item} onChanged={refresh} />
          ))}
        </ul>
      )}
      <div className={formClasses.actions}>
        <WithReason reason={reason}>
          <Button variant="default" loading={create.isPending} onClick={() => create.mutate()}>
            Export everything
          </Button>
        </WithReason>
      </div>
    </section>
  );
}

interface ExportRowProps {
  slug: string;
  item: Export;
  onChanged: () => unknown;
}

function ExportRow({ slug, item, onChanged }: ExportRowProps) {
  const { dateWords, timeOfDay, fullTime } = useTimes();
  const { exportId, status } = item;
  const remove = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/exports/{exportId}", { params: { path: { slug, exportId } } })),
    onSettled: onChanged,
  });
  const name = `${dateWords(item.requestedAt)}, ${timeOfDay(item.requestedAt)}`;
  const removeWords = status === "building" ? `Stop the export from ${name}` : `Remove the export from ${name}`;
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <strong title={fullTime(item.requestedAt)}>{name}</strong>
        <span className={classes.facts}>
          {status === "ready" && item.expiresAt && (
            <>
              {sizeWords(item.size)}, requested by {item.requestedByName}, kept for{" "}
              <span title={fullTime(item.expiresAt)}>{fromNow(item.expiresAt).replace(/^in /, "")}</span>
            </>
          )}
          {status === "building" && (
            <>
              {Math.floor(item.progress * 100)} % done, {sizeWords(item.size)}. You can close this page: we'll mail you when it's
              ready.
            </>
          )}
          {status === "failed" && <span className={classes.failure}>{item.failure}</span>}
        </span>
        {status === "building" && <Progress value={item.progress * 100} aria-label={`Export from ${name}`} mt={8} />}
        <FailureNote>{remove.isError && words(remove.error)}</FailureNote>
      </div>
      <div className={classes.tools}>
        {status === "ready" && (
          <WithReason reason={item.can.download ? null : "Your role doesn't let you see everything in it."}>
            {/* A plain link, so that the browser downloads it and can pause and resume. */}
            <Button
              component="a"
              href={paths.exportArchive(slug, exportId)}
              download
              variant="light"
              leftSection={<IconDownload size={18} />}
              aria-label={`Download the export from ${name}`}
            >
              Download
            </Button>
          </WithReason>
        )}
        <Tooltip label={status === "building" ? "Stop" : "Remove"}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            loading={remove.isPending}
            onClick={() => remove.mutate()}
            aria-label={removeWords}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
}
