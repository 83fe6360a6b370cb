import { Avatar } from "../../ui/avatar.tsx";
import { hearersOn } from "../../voice/cues.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./channel-page.module.css";

/** The people on a channel, each once however many tabs they have open. */
export function PeoplePresent({ channelId }: { channelId: string }) {
  const { memberId: me } = useTenant().self;
  const channel = useVoice((state) => state.channels[channelId]);
  // A string, because a selector must not return a new object each time.
  const unheardIds = useVoice((state) =>
    hearersOn(state, channelId)
      .filter(({ hears }) => !hears)
      .map(({ memberId }) => memberId)
      .join(" "),
  );
  const unheard = new Set(unheardIds.split(" "));
  const people = new Map((channel?.people ?? []).map(({ memberId, name }) => [memberId, name]));
  const talking = new Set((channel?.talkers ?? []).map(({ memberId }) => memberId));
  return (
    <section translate="no" className={classes.people} aria-labelledby="people-here">
      <h2 id="people-here">{people.size === 0 ? "Nobody is here" : `${people.size} here now`}</h2>
      <ul>
        {[...people].map(([memberId, name]) => (
          <li key={memberId} data-talking={talking.has(memberId)} data-live={talking.has(memberId) && memberId === me}>
            <Avatar name={name} size={24} />
            <span className={classes.personName}>
              {name}
              {memberId === me && " (you)"}
              {talking.has(memberId) && " · talking"}
              {unheard.has(memberId) && (memberId === me ? " · you can't hear this channel" : " · can't hear this channel")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
