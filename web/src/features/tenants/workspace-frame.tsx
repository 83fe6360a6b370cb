import { IconAntennaBars5, IconSettings, IconUsers } from "@tabler/icons-react";
import { Link, NavLink, useMatch } from "react-router";
import { paths } from "../../paths.ts";
import { ConnectionNotes } from "../../voice/connection-notes.tsx";
import { useTalkKeys } from "../../voice/use-talk-keys.ts";
import { VoiceAnnouncer } from "../channels/voice-announcer.tsx";
import { AccountMenu } from "../accounts/account-menu.tsx";
import { RailChannels } from "../channels/rail-channels.tsx";
import { TalkDock } from "../channels/talk-dock.tsx";
import { useTalkableSelection } from "../channels/use-talkable-selection.ts";
import { useMicrophoneWhenNeeded } from "../channels/use-microphone-when-needed.ts";
import { TalkKeyChoice } from "../channels/talk-key-choice.tsx";
import { useLiveTitle } from "../channels/use-live-title.ts";
import { useTalkKeyMode } from "../channels/use-talk-key-mode.ts";
import { OwnershipBanner } from "./ownership-banner.tsx";
import { useTenant } from "./tenant-context.ts";
import { TenantSwitcher } from "./tenant-switcher.tsx";
import { WorkspacePalette } from "./workspace-palette.tsx";
import { useVisit } from "./use-visit.ts";
import classes from "./workspace-frame.module.css";

/** Rail, page and, at phone width, a bar at the bottom. Voice goes on on every page of it. */
export function WorkspaceFrame({ children }: { children: React.ReactNode }) {
  const tenant = useTenant();
  const { accentColour } = tenant.display;
  const onBoard = useMatch("/:slug") !== null;
  const onChannel = useMatch("/:slug/channels/:channelId") !== null;
  useVisit(tenant.slug);
  const [talkKeyMode] = useTalkKeyMode();
  useTalkKeys(talkKeyMode);
  useLiveTitle();
  useMicrophoneWhenNeeded();
  useTalkableSelection();

  return (
    <div className={classes.frame}>
      <a href="#main" className={classes.skip}>
        Skip to the page
      </a>
      <section
        className={classes.rail}
        style={accentColour === null ? undefined : { borderTop: `3px solid ${accentColour}` }}
        aria-label="Workspace"
      >
        <div className={classes.top}>
          <TenantSwitcher current={tenant} />
          <div className={classes.phoneAccount}>
            <AccountMenu compact roleName={tenant.self.roleName}>
              <TalkKeyChoice />
            </AccountMenu>
          </div>
        </div>
        <MainNav slug={tenant.slug} className={classes.nav} onBoard={onBoard || onChannel} />
        <div className={classes.channels}>
          <RailChannels />
        </div>
        {!onBoard && !onChannel && (
          <div className={classes.railDock}>
            <TalkDock />
          </div>
        )}
        <div className={classes.account}>
          <AccountMenu roleName={tenant.self.roleName}>
            <TalkKeyChoice />
          </AccountMenu>
        </div>
      </section>
      <main id="main" className={classes.main} tabIndex={-1}>
        <ConnectionNotes />
        <OwnershipBanner />
        {children}
      </main>
      <div className={classes.bottom}>
        <TalkDock large />
        <MainNav slug={tenant.slug} className={classes.bottomNav} onBoard={onBoard || onChannel} />
      </div>
      <VoiceAnnouncer />
      <WorkspacePalette />
    </div>
  );
}

function MainNav({ slug, className, onBoard }: { slug: string; className: string | undefined; onBoard: boolean }) {
  return (
    <nav className={className} aria-label="Main">
      <Link to={paths.board(slug)} aria-current={onBoard ? "page" : undefined}>
        <IconAntennaBars5 size={20} aria-hidden /> Board
      </Link>
      <NavLink to={paths.people(slug)}>
        <IconUsers size={20} aria-hidden /> People
      </NavLink>
      <NavLink to={paths.settings(slug)}>
        <IconSettings size={20} aria-hidden /> Settings
      </NavLink>
    </nav>
  );
}
