import { LOGO_CONTENT_TYPES, MAX_LOGO_BYTES } from "#contract/http/logos.ts";
import { ERRORS } from "#contract/errors.ts";
import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { ofPerson, showing } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import classes from "./settings.module.css";
import { WorkspaceMark } from "./workspace-mark.tsx";

/** The form for the logo, which is shown wherever the workspace is named. */
export function WorkspaceLogo({ tenant }: { tenant: Tenant }) {
  const queries = useQueryClient();
  const reset = useRef<() => void>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const params = { path: { slug: tenant.slug } };

  async function shown(message: string) {
    await Promise.all([queries.invalidateQueries(showing(tenant.slug, "tenant")), queries.invalidateQueries(ofPerson())]);
    notifications.show({ message });
  }

  const upload = useMutation({
    mutationFn: (file: File) =>
      call(
        api.PUT("/api/v1/tenants/{slug}/logo", {
          params,
          // The generated type of a binary body is string, but the file is sent unchanged.
          body: file as unknown as string,
          bodySerializer: (body) => body as unknown as Blob,
          headers: { "content-type": file.type },
        }),
      ),
    onSuccess: () => shown("The workspace has a new logo."),
    onError: (error) => setRefused(words(error)),
    onSettled: () => reset.current?.(),
  });
  const remove = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/logo", { params })),
    onSuccess: () => shown("Logo removed."),
    onError: (error) => setRefused(words(error)),
  });

  function choose(file: File | null) {
    if (!file) return;
    const problem = problemOf(file);
    setRefused(problem);
    if (problem === null) upload.mutate(file);
    else reset.current?.();
  }

  return (
    <section className={classes.section} aria-labelledby="logo">
      <h2 id="logo">Logo</h2>
      <FailureNote>{refused}</FailureNote>
      <div className={classes.beside}>
        <WorkspaceMark
          name={tenant.name}
          tenantId={tenant.tenantId}
          slug={tenant.slug}
          logoId={tenant.logoId}
          accentColour={tenant.display.accentColour}
          large
        />
        <div>
          <p className={classes.hint}>
            A PNG, JPEG, WebP or SVG of at most 1 MB. It&apos;s shown as a square beside the workspace&apos;s name.
          </p>
          <div className={classes.choices}>
            <FileButton accept={LOGO_CONTENT_TYPES.join(",")} onChange={choose} resetRef={reset}>
              {(button) => (
                <Button variant="default" loading={upload.isPending} {...button}>
                  {tenant.logoId === null ? "Choose an image…" : "Choose another…"}
                </Button>
              )}
            </FileButton>
            {tenant.logoId !== null && (
              <Button variant="subtle" color="gray" loading={remove.isPending} onClick={() => remove.mutate()}>
                Remove the logo
              </Button>
            )}
          </div>
        </div>
      </div>
    </section>
  );
}

/** Says why the server would refuse a file, so that a large file isn't sent in vain; null if it may be accepted. */
function problemOf(file: File): string | null {
  if (!LOGO_CONTENT_TYPES.some((type) => type === file.type)) return ERRORS.unsupported_image[1];
  if (file.size > MAX_LOGO_BYTES)
    return `That image is larger than ${MAX_LOGO_BYTES / 1024 / 1024} MB. Make it smaller and try again.`;
  return null;
}
