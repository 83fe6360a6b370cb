import { useState } from "react";
import { paths } from "../../paths.ts";
import { readableOn } from "../../ui/colour.ts";
import { initials } from "../../ui/initials.ts";
import classes from "./workspace-mark.module.css";

interface WorkspaceMarkProps {
  name: string;
  slug?: string;
  logoId?: string | null;
  accentColour?: string | null;
  large?: boolean;
}

/** The small square that stands for a workspace, beside its name: its logo, else its initials on its colour. */
export function WorkspaceMark({ name, slug, logoId = null, accentColour = null, large = false }: WorkspaceMarkProps) {
  // Of somebody suspended, say, who still sees the workspace in a list.
  const [failed, setFailed] = useState<string | null>(null);
  const src = slug !== undefined && logoId !== null && failed !== logoId ? paths.logo(slug, logoId) : null;
  const colours =
    accentColour === null || src !== null ? undefined : { background: accentColour, color: readableOn(accentColour) };
  return (
    <span className={classes.mark} data-large={large} data-logo={src !== null} style={colours} aria-hidden>
      {src === null ? initials(name) : <img src={src} alt="" onError={() => setFailed(logoId)} />}
    </span>
  );
}
