/**
 * Wraps text that stands beside elements in an element of its own.
 *
 * A browser that translates the page replaces text nodes with its own nodes. React then fails when it removes the text node
 * it made, or changes one that is no longer shown. Text alone in an element is safe: React sets `textContent`.
 */
import { Fragment, type ElementType, type ReactNode } from "react";
import { jsx } from "react/jsx-runtime";

export interface Props {
  readonly [name: string]: unknown;
  readonly children?: ReactNode;
}

const isText = (child: ReactNode): child is string | number => typeof child === "string" || typeof child === "number";
const isNothing = (child: ReactNode) => child === null || child === undefined || typeof child === "boolean";
// White space alone makes no box in a flex or grid container. An element around it would, and would get a gap.
const NO_BOX = { style: { display: "contents" } };
const span = (text: string) => jsx("span", { ...(text.trim() === "" ? NO_BOX : {}), children: text });

/** For an element with one child, or one array of children with keys. @returns its props, with text in a fragment wrapped */
export function withOwnElement(type: ElementType, props: Props): Props {
  return type === Fragment && isText(props.children) ? { ...props, children: span(String(props.children)) } : props;
}

/**
 * @param children written beside each other in JSX
 * @returns one text when there is nothing else. Otherwise each run of text becomes one `<span>` at the index of its first piece,
 * so that the children after it keep their index and their state. Layout stays: a run of text is one box anyway, also in flex
 * and grid containers.
 */
export function withOwnElements(type: ElementType, children: readonly ReactNode[]): ReactNode {
  if (children.every((child) => isText(child) || isNothing(child))) {
    const text = children.filter(isText).join("");
    return type === Fragment && text !== "" ? span(text) : text;
  }
  const safe = [...children];
  let start: number | null = null;
  for (const [index, child] of children.entries()) {
    if (isText(child)) {
      if (start === null) start = index;
      else safe[index] = null;
      safe[start] = start === index ? String(child) : `${String(safe[start])}${child}`;
    } else if (!isNothing(child)) start = null;
  }
  return safe.map((child) => (typeof child === "string" && child !== "" ? span(child) : child));
}
