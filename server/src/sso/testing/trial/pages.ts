/** The pages of the trial provider. */
import { escapeXml } from "../../../security/saml/write-xml.ts";
import { type Choice, metadata } from "./saml.ts";
import { CLIENT, type Fault, FAULTS, PEOPLE, type State } from "./state.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2.5rem auto;padding:0 1rem;color-scheme:light dark}
button{font:inherit;padding:.4rem .9rem;margin:.2rem .5rem .2rem 0}textarea,pre{width:100%;box-sizing:border-box;font:.85rem/1.4 ui-monospace,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.7rem;border:1px solid #8888}dt{font-weight:600}dd{margin:0 0 .6rem}code{overflow-wrap:anywhere}
table{border-collapse:collapse}td,th{padding:.2rem 1.2rem .2rem 0;text-align:left}form{margin:0 0 1rem}.on{border:2px solid #c33;padding:.6rem .8rem}`;

/** Copies the text of the element that the button names. */
const SCRIPT = `document.addEventListener("click",async({target})=>{const from=target.dataset?.copy;if(!from)return;
const at=document.getElementById(from);await navigator.clipboard.writeText(at.value??at.textContent);target.textContent="Copied"})`;

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}<script>${SCRIPT}</script></html>`;
}

const copied = (id: string, term: string, value: string) =>
  `<dt>${term}</dt><dd><code id="${id}">${escapeXml(value)}</code> <button data-copy="${id}">Copy</button></dd>`;

function faultForm(fault: Fault, isOn: boolean): string {
  const { breaks, mends, saml, oidc } = FAULTS[fault];
  return `<form method="post" action="/faults/${fault}"${isOn ? ' class="on"' : ""}><button>${isOn ? mends : breaks}</button>${
    isOn ? "<strong>Broken.</strong>" : ""
  }<br>SAML: ${saml}<br>OpenID Connect: ${oidc}</form>`;
}

export function homePage(state: State, startCommand: string): string {
  const people = PEOPLE.map(
    ({ firstName, lastName, email, groups }) =>
      `<tr><td>${firstName} ${lastName}</td><td>${email}</td><td>${groups.join(", ")}</td></tr>`,
  );
  return page(
    "Identity provider to try",
    `<p>Anybody can be anybody here. Never switch a connection to it on in a workspace that you use.</p>
<table><tr><th>Name</th><th>Email</th><th>Groups</th></tr>${people.join("")}</table>
<h2>Break it</h2><p>Break it, test the connection in whoot, and read what whoot says. Then mend it and test again.</p>
${(Object.keys(FAULTS) as Fault[]).map((fault) => faultForm(fault, state.faults.has(fault))).join("")}
<h2>SAML</h2><p>In whoot, connect <em>Another provider</em> by <em>SAML 2.0</em>. Under <em>Enter here</em>, paste these metadata:</p>
<textarea id="metadata" rows="8" readonly spellcheck="false">${escapeXml(metadata(state))}</textarea>
<p><button data-copy="metadata">Copy the metadata</button> or <a href="/metadata">save them as a file</a>.</p>
<h2>OpenID Connect</h2><p>whoot asks a provider over https, at public addresses. Start whoot so that it trusts this one:</p>
<pre id="start">${escapeXml(startCommand)}</pre><p><button data-copy="start">Copy the command</button></p>
<p>Then connect <em>Another provider</em> by <em>OpenID Connect</em>, and under <em>Enter here</em> enter:</p>
<dl>${copied("issuer", "Issuer", state.issuer)}${copied("client", "Client ID", CLIENT.id)}${copied("secret", "Client secret", CLIENT.secret)}</dl>
<p>It takes every redirect URI of a whoot, so there is nothing to enter on this side.</p>`,
  );
}

export function signInPage(choices: readonly Choice[]): string {
  const forms = choices.map(({ person, action, fields }) => {
    const hidden = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${escapeXml(value)}">`,
    );
    return `<form method="post" action="${escapeXml(action)}">${hidden.join("")}<button>${person.firstName} ${person.lastName}</button>
${person.email}, groups ${person.groups.join(", ")}</form>`;
  });
  return page("Sign in as", forms.join(""));
}

export function refusalPage(): string {
  return page("That isn't a request from whoot", "<p>Start at whoot: test the connection there, or sign in through it.</p>");
}
