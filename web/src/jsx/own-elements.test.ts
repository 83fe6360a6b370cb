import { createElement, Fragment, isValidElement, type ReactNode } from "react";
import { expect, test } from "vitest";
import { withOwnElement, withOwnElements } from "./own-elements.ts";

const button = createElement("button");
const shown = (children: ReactNode) =>
  [children].flat().map((child) => {
    if (!isValidElement<{ children?: ReactNode }>(child)) return child;
    return child.type === "span" ? `<span>${String(child.props.children)}</span>` : `<${String(child.type)}>`;
  });

test("text beside an element gets an element of its own, and the children after it keep their index", () => {
  expect(shown(withOwnElements("p", ["Hold ", button, " to talk"]))).toEqual([
    "<span>Hold </span>",
    "<button>",
    "<span> to talk</span>",
  ]);
  expect(shown(withOwnElements("p", ["Invite ", 3, " people", button]))).toEqual([
    "<span>Invite 3 people</span>",
    null,
    null,
    "<button>",
  ]);
});

test("an element keeps its index when text beside it comes and goes", () => {
  const place = (isNew: boolean, name: string) => withOwnElements("p", [isNew && "New: ", name, button]) as ReactNode[];
  expect([place(true, "Ops"), place(false, "Ops"), place(false, "")].map((children) => children.indexOf(button))).toEqual([
    2, 2, 2,
  ]);
});

test("a space between two elements gets an element that makes no box", () => {
  const [, space] = withOwnElements("p", [button, " ", button]) as ReactNode[];
  expect(isValidElement(space) && space.props).toEqual({ children: " ", style: { display: "contents" } });
});

test("an element with nothing but text keeps it as one text, which React sets as a whole", () => {
  expect(withOwnElements("p", ["Invite ", 3, false, " people"])).toBe("Invite 3 people");
  expect(withOwnElements("p", [false, null])).toBe("");
});

test("text alone in a fragment gets an element, because the fragment has none", () => {
  expect(shown(withOwnElements(Fragment, ["Invite ", 3]))).toEqual(["<span>Invite 3</span>"]);
  expect(shown(withOwnElement(Fragment, { children: "Ops" }).children)).toEqual(["<span>Ops</span>"]);
  expect(withOwnElement("p", { children: "Ops" }).children).toBe("Ops");
});
