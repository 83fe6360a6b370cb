import { TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useId, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import classes from "./chooser.module.css";

export interface Choice {
  /** Unique among all groups. */
  id: string;
  /** The address to open: a link, so that Ctrl/Cmd opens it in a new tab. Without it, `run` is called. */
  to?: string;
  run?: () => void;
  current?: boolean;
  /** Shown but cannot be chosen. `content` says why. */
  disabled?: boolean;
  content: React.ReactNode;
}

export interface ChoiceGroup {
  label: string;
  choices: Choice[];
}

interface ChooserProps {
  /** Names the field and the list for a screen reader. */
  label: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  groups: ChoiceGroup[];
  /** Shown and announced when no choice matches. */
  none: React.ReactNode;
  /** A choice was made in this tab. Not called when it opened a new tab. */
  onChosen: () => void;
  size?: "sm" | "md";
  /** Focuses the field as soon as it is mounted, so that it gets the first letter typed. The opener must restore the focus. */
  autoFocus?: boolean;
  /** Shown above the list; scrolls with it. */
  children?: React.ReactNode;
}

/**
 * Type to filter, arrows to move, Enter to choose, Ctrl/Cmd+Enter for a new tab; the focus stays in the field
 * (WAI-ARIA Authoring Practices, combobox with a listbox).
 */
export function Chooser({
  label,
  placeholder,
  query,
  onQuery,
  groups,
  none,
  onChosen,
  size = "sm",
  autoFocus = false,
  children,
}: ChooserProps) {
  const id = useId();
  const navigate = useNavigate();
  const list = useRef<HTMLDivElement>(null);
  // By id, so that the mark moves with its choice when the list changes.
  const [marked, setMarked] = useState<string | null>(null);
  const choices = groups.flatMap((group) => group.choices);
  // Starts at the first choice that is not open now: Ctrl/Cmd+K, then Enter, goes back to the previous place.
  const active = choices.find((choice) => choice.id === marked) ?? choices.find((choice) => !choice.current) ?? choices[0];

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active?.id]);

  function move(step: number) {
    const at = active ? choices.indexOf(active) : -1;
    const next = choices[(at + step + choices.length) % choices.length];
    if (next) setMarked(next.id);
  }

  function choose(choice: Choice, elsewhere: boolean) {
    if (choice.disabled) return;
    if (choice.to !== undefined && elsewhere) return void window.open(choice.to, "_blank", "noopener");
    onChosen();
    if (choice.to !== undefined) void navigate(choice.to);
    else choice.run?.();
  }

  function onKeyDown(event: React.KeyboardEvent) {
    // While an input method is composing, Enter and arrows belong to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && active) choose(active, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <TextInput
        size={size}
        data-autofocus
        autoFocus={autoFocus}
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(active && { "aria-activedescendant": `${id}-${active.id}` })}
        placeholder={placeholder}
        leftSection={<IconSearch size={18} aria-hidden />}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setMarked(null);
          onQuery(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={classes.scroll}>
        {children}
        <div id={`${id}-list`} role="listbox" aria-label={label} ref={list}>
          {groups
            .filter((group) => group.choices.length > 0)
            .map((group) => (
              <div key={group.label} role="group" aria-labelledby={`${id}-${group.label}`}>
                <div id={`${id}-${group.label}`} className={classes.group} role="presentation">
                  {group.label}
                </div>
                {group.choices.map((choice) => (
                  <Option
                    key={choice.id}
                    id={`${id}-${choice.id}`}
                    choice={choice}
                    active={choice === active}
                    onPoint={() => setMarked(choice.id)}
                    onChoose={(elsewhere) => choose(choice, elsewhere)}
                  />
                ))}
              </div>
            ))}
        </div>
        <p className={classes.none} role="status">
          {choices.length === 0 && none}
        </p>
      </div>
    </>
  );
}

interface OptionProps {
  id: string;
  choice: Choice;
  active: boolean;
  onPoint: () => void;
  onChoose: (elsewhere: boolean) => void;
}

function Option({ id, choice, active, onPoint, onChoose }: OptionProps) {
  const shared = {
    id,
    role: "option",
    tabIndex: -1,
    className: classes.option,
    "aria-selected": active,
    "aria-disabled": choice.disabled,
    "aria-current": choice.current ? ("true" as const) : undefined,
    onPointerMove: onPoint,
    // Keeps the focus in the field.
    onMouseDown: (event: React.MouseEvent) => event.preventDefault(),
  };
  if (choice.to === undefined) {
    return (
      <UnstyledButton {...shared} onClick={() => onChoose(false)}>
        {choice.content}
      </UnstyledButton>
    );
  }
  return (
    <Link
      {...shared}
      to={choice.to}
      onClick={(event) => {
        // With a modifier key the browser itself opens a new tab or window.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onChoose(false);
      }}
    >
      {choice.content}
    </Link>
  );
}
