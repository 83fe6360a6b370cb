import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../platform/refusal.ts";
import { readCsv } from "./read-csv.ts";
import { readPasted } from "./read-pasted.ts";

const pasted = (text: string) => readPasted(text).map(({ line, email }) => [line, email]);
const csv = (text: string) => readCsv(text).map(({ line, email, roleName }) => [line, email, roleName]);

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.detail;
    throw error;
  }
  return "not refused";
}

const CASES = new URL("testing/cases/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, CASES), "utf8");

describe("pasted text", () => {
  // A reader with quadratic time would take minutes for each, and the test would time out.
  test.each([
    ["an endless name", `${"a".repeat(500_000)}@x.org,b`],
    ["endlessly many quoted names", `${'"a" '.repeat(125_000)}ada@x.org`],
    ["endless dashes", `${"-".repeat(500_000)}@`],
    ["a name of 250,000 parts", `${"a,".repeat(250_000)}ada@x.org`],
    ["endless brackets", `${"<".repeat(500_000)}ada@x.org`],
  ])("of half a megabyte with %s is read or refused quickly", (_, text) => {
    expect(refusal(() => readPasted(text))).toMatch(/not refused|more than 1,000 people/);
  });

  test.each([
    ["chats, sheets and mail programs", "paste/chat-and-sheets.txt", "ada2 ben cid dan eve fay gus"],
    ["programs that add invisible characters", "paste/invisible.txt", "bob larry ann cid aner ben ann2"],
    ["directories that put last names first", "paste/outlook-comma.txt", "ada2 ben cid john.smith eve"],
    ["lists with bullets, numbers and labels", "paste/pass-lists.txt", "ada2 ben cid dan eve fay gus hal ida jon"],
  ])("from %s gives their addresses and nothing else", (_, file, names) => {
    expect(readPasted(read(file)).map(({ email }) => email)).toEqual(names.split(" ").map((name) => `${name}@example.com`));
  });

  test.each([
    ["East Asian separators", "ada@x.org、ben@x.org；cid@x.org，dan@x.org。eve@x.org", "ada ben cid dan eve"],
    ["Arabic separators", "ada@x.org، ben@x.org؛ cid@x.org", "ada ben cid"],
    ["full-width letters", "ａｄａ＠ｘ．ｏｒｇ（Ada）", "ada"],
    ["a Markdown table", "| ada@x.org | ben@x.org |", "ada ben"],
    ["HTML", '<a href="mailto:ada@x.org">ada@x.org</a><br>', "ada"],
    ["a mailto link to several", "mailto:ada@x.org,ben@x.org?subject=Hi", "ada ben"],
    ["names with commas and no semicolon", "Okafor, Ada <ada@x.org>, Berg, Ben <ben@x.org>", "ada ben"],
    ["quotes of other languages", "„Okafor, Ada“ <ada@x.org>; «Berg, Ben» <ben@x.org>", "ada ben"],
    ["single quotes", "'Okafor, Ada' <ada@x.org>; 'ben@x.org'", "ada ben"],
    ["a row of a sheet with a name and a role", "Ada Okafor\tada@x.org\tMember", "ada"],
    ["prose", "Please add ada@x.org and ben@x.org (Ben), or cid@x.org!", "ada ben cid"],
    ["a particle that follows without a space", "ada@x.org으로, 请邀请ben@x.org谢谢", "ada ben"],
    ["slashes", "ada@x.org/ben@x.org", "ada ben"],
    [
      "brackets that HTML writes as character references",
      "&quot;Ada&quot; &lt;ada@x.org&gt;; &#60;ben&#x40;x.org&#62;",
      "ada ben",
    ],
    [
      "vCards",
      "BEGIN:VCARD\nN:Okafor;Ada;;;\nEMAIL;TYPE=work,pref:ada@x.org\nitem1.EMAIL;TYPE=HOME:ben@x.org\nEND:VCARD",
      "ada ben",
    ],
    ["one line of a vCard", "EMAIL;TYPE=INTERNET:ada@x.org", "ada"],
    ["links that name people", "mailto:?bcc=ada@x.org,ben@x.org https://chat.example/new?users=cid@x.org", "ada ben cid"],
    ["cells without spaces", "Ada|ada@x.org|Ops", "ada"],
    ["spreadsheet formulas", '=HYPERLINK("mailto:ada@x.org","Ada")\t=HYPERLINK("mailto:ben@x.org";"Ben")', "ada ben"],
    ["times of a chat", "[24.11.26, 10:41:07] Ada: ada@x.org\n11/24/26, 10:42 - Ben: ben@x.org\n10:43\ncid@x.org", "ada ben cid"],
    [
      "separators at the end",
      "ada@x.org,\nben@x.org;\ncid@x.org。\ndan@x.org、\neve@x.org；\nfay@x.org，\ngil@x.org…",
      "ada ben cid dan eve fay gil",
    ],
    ["spaces outside ASCII", "ada@x.org\u00a0ben@x.org\u3000cid@x.org\u202fdan@x.org\u2028eve@x.org", "ada ben cid dan eve"],
    ["marks that change the direction of text", "\u200fada@x.org\u200f، \u2067ben@x.org\u2069, a\u200bda@x.org", "ada ben ada"],
    ["brackets and quotes of East Asia", "「Ada」ada@x.org、太郎＜ben@x.org＞、花子〈cid@x.org〉", "ada ben cid"],
    ["guillemets that point inwards", "»Okafor, Ada« <ada@x.org>, ‹Ben› <ben@x.org>, ‚Cid‘ <cid@x.org>", "ada ben cid"],
    ["sentences that end as in Greek, Armenian and Hindi", "ada@x.org\u037e ben@x.org։ cid@x.org।", "ada ben cid"],
    ["JSON", '["ada@x.org","ben@x.org"]', "ada ben"],
    ["JSON that was escaped", '"ada@x.org\\nben@x.org\\r\\ncid@x.org"', "ada ben cid"],
    ["directory values", "SMTP:ada@x.org; E=ben@x.org; emailAddress=cid@x.org", "ada ben cid"],
    ["dashes", "Ada—ada@x.org—Ops\nBen – ben@x.org – Ops", "ada ben"],
    ["last names first and addresses in round brackets", "Okafor, Ada (ada@x.org)\nBerg, Ben [ben@x.org]", "ada ben"],
    ["numbers in circles and boxes", "①ada@x.org ②ben@x.org\n3️⃣cid@x.org", "ada ben cid"],
    ["its lines numbered without a space", "1.ada@x.org\n2.ben@x.org\n\n3.cid@x.org", "ada ben cid"],
    ["mailto links to several fields", "mailto:ada@x.org?subject=b@home.org&cc=ben@x.org&bcc=cid@x.org", "ada ben cid"],
    ["Arabic and Hebrew words for “and”", "ada@x.org وben@x.org וcid@x.org", "ada ben cid"],
    ["LaTeX", "\\texttt{ada@x.org} \\href{mailto:ben@x.org}{Ben}", "ada ben"],
    ["zero-width spaces as the only separators", "ada@x.org\u200bben@x.org\u200bcid@x.\u200borg", "ada ben cid"],
    ["a zero-width space in a domain that a comma follows", "ada@x.\u200borg,ben@x\u200b.org;cid@x.org", "ada ben cid"],
    ["folded lines of a vCard", "BEGIN:VCARD\r\nEMAIL;TYPE=WORK:ada@\r\n x.org\r\nEND:VCARD", "ada"],
    [
      "calendars",
      "BEGIN:VCALENDAR\r\nORGANIZER;CN=Ada:mailto:ada@x.org\r\nATTENDEE;ROLE=REQ-PARTICIPANT;CN=b@home.org;X-NUM-GUESTS=0:mai\r\n lto:ben@x.org\r\nEND:VCALENDAR",
      "ada ben",
    ],
  ])("with %s gives its addresses and nothing else", (_, text, names) => {
    expect(readPasted(text).map(({ email }) => email)).toEqual(names.split(" ").map((name) => `${name}@x.org`));
  });

  test("folded lines of a vCard give the line numbers that an editor shows", () => {
    const card = "BEGIN:VCARD\r\nEMAIL:ada@\r\n x.org\r\nNOTE:of\r\n Ops\r\nEMAIL:ben@x.org\r\nEND:VCARD";
    expect(pasted(card)).toEqual([
      [2, "ada@x.org"],
      [6, "ben@x.org"],
    ]);
  });

  test("with an @ outside any address keeps the text as it is, and never reads another address from it", () => {
    expect(pasted("https://root:secret@x.org/")).toEqual([[1, "https://root:secret@x.org/"]]);
    expect(pasted("CN=Ada Okafor")).toEqual([[1, "CN=Ada Okafor"]]);
    for (const text of [
      "ada [at] x.org",
      "müller@x.org",
      "a@localhost",
      "a@b@x.org",
      "\u212aim@x.org",
      "a..b@x.org",
      "ada_home.org#EXT#@x.org",
    ]) {
      expect(pasted(text)).toEqual([[1, text]]);
    }
  });

  test("is split at commas, semicolons, tabs and line ends, and each address keeps its line number", () => {
    expect(pasted("ada@x.org, ben@x.org; cid@x.org\r\ndan@x.org\teve@x.org\n\n  fay@x.org ,\rgil@x.org")).toEqual([
      [1, "ada@x.org"],
      [1, "ben@x.org"],
      [1, "cid@x.org"],
      [2, "dan@x.org"],
      [2, "eve@x.org"],
      [4, "fay@x.org"],
      [5, "gil@x.org"],
    ]);
  });

  test("can contain names, with commas in quotes, and mailto links", () => {
    expect(pasted('"Okafor, Ada" <ada@x.org>, Ben <ben@x.org>; <cid@x.org>, mailto:dan@x.org, Eve Ny eve@x.org')).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org", "eve@x.org"].map((email) => [1, email]),
    );
  });

  test("can have spaces as separators", () => {
    expect(pasted("ada@x.org ben@x.org  Cid <cid@x.org> Dan <dan@x.org>")).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org"].map((email) => [1, email]),
    );
  });

  test("can repeat the address as the name, as mail programs do", () => {
    expect(pasted("ada@x.org <Ada@x.org>; 'ben@x.org' <ben@x.org>, \"cid@home.org\" <cid@x.org>, (dan@x.org)")).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org"].map((email) => [1, email]),
    );
  });

  test("keeps text that is not an address, and an unclosed quote hides no address", () => {
    expect(pasted('Ada, "ben@x.org, cid@x.org')).toEqual([
      [1, "Ada"],
      [1, "ben@x.org"],
      [1, "cid@x.org"],
    ]);
  });

  test("of more than 1,000 people is refused with a sentence", () => {
    const addresses = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@x.org`).join(",");
    expect(pasted(addresses(1_000))).toHaveLength(1_000);
    expect(refusal(() => pasted(addresses(1_001)))).toBe("That's more than 1,000 people. Invite them in several parts.");
  });

  const address = fc.stringMatching(/^[a-z0-9]{1,6}(\.[a-z0-9]{1,6})?@[a-z0-9]{1,10}\.(org|example)$/);
  const name = fc.stringMatching(/^[A-Za-z ,;']{0,12}$/);
  const written = fc.record({ address, name, style: fc.constantFrom("bare", "angle", "quoted") });
  const separator = fc.constantFrom(", ", ";", "\t", "\n", "\r\n", " ;\n");

  test("of any addresses, bare, in brackets or with quoted names, gives exactly those in order (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(written, separator), { maxLength: 30 }), (people) => {
        const text = people
          .map(([person, after]) => {
            const plain = person.name.replaceAll(/[,;]/g, "");
            if (person.style === "bare") return person.address + after;
            return (person.style === "quoted" ? `"${person.name}" <` : `${plain} <`) + `${person.address}>${after}`;
          })
          .join("");
        expect(readPasted(text).map(({ email }) => email)).toEqual(people.map(([person]) => person.address));
      }),
    );
  });

  test("of any characters is read without an error, and its shown text stays within the limit (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("a@.<>\",;\t\n\r \\'(=\u2028é")), maxLength: 400 }), (text) => {
        for (const { read, email } of readPasted(text)) {
          expect(read.length).toBeLessThanOrEqual(320);
          expect(email.length).toBeLessThanOrEqual(321);
          expect(read).not.toMatch(/[\p{Cc}\p{Zl}]/u);
        }
      }),
    );
  });

  test("that is hostile is read in time linear in its length", () => {
    for (const piece of [
      '"',
      "<",
      '"\\',
      "@",
      "<a",
      '"a" <',
      " @",
      "(",
      "\t ",
      "'",
      "“",
      "a@é.b/",
      "mailto:",
      "\u0315",
      "a@b.cd ",
      "''x ",
      "&#",
      "&lt;",
      "://a",
      "\\n",
      "@a.bc\\n",
      "EMAIL;",
      "e=/",
      "a|",
      "a@b.cd\u200b",
      "1.a\n",
      "a@b.cd?&",
    ]) {
      // With quadratic time the test would time out.
      refusal(() => readPasted(`${piece.repeat((256 * 1024) / piece.length - 1)}x`));
    }
  });
});

/** Exports of other programs, with the names in the expected addresses. */
const EXPORTS: Array<[string, string, string]> = [
  [
    "Google Contacts",
    "First Name,Notes,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value\nAnn,of bob@x.org,Work,ann@x.org ::: ann@home.org,ann@home.net\nBen,,,,ben@x.org\n",
    "ann ben",
  ],
  ["Google Contacts in German", "Vorname,E-Mail 1 – Beschriftung,E-Mail 1 – Wert\nAnn,* Arbeit,ann@x.org\n", "ann"],
  ["Outlook in German", '"Vorname";"E-Mail-Adresse";"E-Mail 2: Adresse"\r\n"Ann";"ann@x.org";"ann@home.org"\r\n', "ann"],
  [
    "Outlook in French",
    '"Prénom","Adresse de messagerie","Adresse de messagerie 2"\r\n"Ann","ann@x.org","ann@home.org"\r\n',
    "ann",
  ],
  [
    "Outlook in Spanish",
    '"Nombre","Dirección de correo electrónico","Dirección de correo electrónico 2"\r\n"Ann","ann@x.org","ann@home.org"',
    "ann",
  ],
  ["Outlook in Japanese", '"名","電子メール アドレス","電子メール 2 アドレス"\r\n"Ann","ann@x.org","ann@home.org"\r\n', "ann"],
  [
    "Microsoft 365",
    "Alternate email addresses,Display name,Proxy addresses,User principal name\nann@home.org,Ann,smtp:a@old.org+SMTP:ann@x.org,ann@x.org\n,Ben,,ben@x.org\n",
    "ann ben",
  ],
  [
    "Microsoft 365 in German",
    "Anzeigename,Proxyadressen,Benutzerprinzipalname\nAnn,smtp:a@old.org+SMTP:ann@x.org,ann@x.org\n",
    "ann",
  ],
  [
    "Entra, where a guest's account name is not a mailbox",
    "userPrincipalName,displayName,mail,userType\nann_x.org#EXT#@t.onmicrosoft.com,Ann,ann@x.org,Guest\nben@x.org,Ben,,Member\n",
    "ann ben",
  ],
  ["Okta", "login,firstName,email,secondEmail,manager\nann@corp.example,Ann,ann@x.org,ann@home.org,boss@x.org\n", "ann"],
  ["Slack", "username,email,status,billing-active\nann,ann@x.org,Admin,1\nben,ben@x.org,Member,1\n", "ann ben"],
  [
    "Slack, with a bot's empty address",
    "username,email,status,userid\nann,ann@x.org,Primary Owner,U1\nben,ben@x.org,Member,U3\n",
    "ann ben",
  ],
  ["Okta's people", "profile.login,profile.email,profile.managerEmail\nann@corp.example,ann@x.org,m@home.org\n", "ann"],
  [
    "Outlook in Polish",
    "Imię;E-mail przełożonego;Typ adresu e-mail;Adres e-mail;Adres e-mail 2\nAnn;b@home.org;SMTP;ann@x.org;a@home.org\n",
    "ann",
  ],
  ["Outlook in Arabic", "الاسم الأول,عنوان البريد الإلكتروني 2,عنوان البريد الإلكتروني\nAnn,a@home.org,ann@x.org\n", "ann"],
  ["Outlook in Korean", "관리자 전자 메일,전자 메일 주소\nb@home.org,ann@x.org\n", "ann"],
  ["Outlook in Chinese", "備用電子郵件,電子郵件地址\nb@home.org,ann@x.org\n", "ann"],
  ["a directory in Thai", "อีเมลสำรอง 2,อีเมล\na@home.org,ann@x.org\n", "ann"],
  ["a directory in Dutch", "Naam,E-mailadres leidinggevende,E-mailadres\nAnn,b@home.org,ann@x.org\n", "ann"],
  ["a directory in Czech", "Jméno;E-mail nadřízeného;E-mailová adresa\nAnn;b@home.org;ann@x.org\n", "ann"],
  ["a directory in Spanish", "Nombre,Correo del jefe,Correo electrónico\nAnn,b@home.org,ann@x.org\n", "ann"],
  ["a directory with private addresses first", "Private E-Mail;Geschäftliche E-Mail\na@home.org;ann@x.org\n", "ann"],
  ["Thunderbird in German", "Vorname,Sekundäre E-Mail-Adresse,Primäre E-Mail-Adresse\nAnn,a@home.org,ann@x.org\n", "ann"],
  ["an export whose title has its creator's address", "Export by admin@home.org\n\nName;E-Mail\nAnn;ann@x.org\n", "ann"],
  ["a sheet with a wide title", "Exported by,admin@home.org,,\nName,Team,E-Mail,Phone\nAnn,ops,ann@x.org,1\n", "ann"],
  ["PowerShell", '#TYPE Selected.ADUser\r\n"Name","mail","Manager"\r\n"Ann","ann@x.org","CN=Boss,DC=x"\r\n', "ann"],
  [
    "Entra's bulk invitation in German",
    "Version:v1.0,,\nE-Mail-Adresse der Person [inviteeEmail] Erforderlich,Umleitungs-URL [inviteRedirectURL] Erforderlich,Text [customizedMessageBody]\nann@x.org,https://a,fragt b@home.org\n",
    "ann",
  ],
  [
    "Entra's bulk invitation in Japanese",
    "バージョン:v1.0,\n招待する電子メール アドレス [inviteeEmail] 必須,リダイレクト URL [inviteRedirectURL] 必須\nann@x.org,https://a\n",
    "ann",
  ],
  ["LibreOffice with tabs", "\ufeffsep=\t\r\nName\tEmail\r\nAnn\tann@x.org\r\n", "ann"],
  [
    "a sheet with line breaks in its cells",
    'Team,Email,Note\n"ops\nnight","ann@x.org\nben@x.org","a\r\nb@home.org"\n',
    "ann ben",
  ],
  ["a sheet with addresses in column seven and no column names", "1,a,b,c,d,e,ann@x.org\n2,,,,,,ben@x.org\n", "ann ben"],
  ["a sheet with mailto links", 'Email\nmailto:ann@x.org\n"=HYPERLINK(""mailto:ben@x.org"",""Ben"")"\n', "ann ben"],
  ["a sheet with formulas and apostrophes", 'Name,Email\nAnn,"=""ann@x.org"""\nBen,\'ben@x.org\n', "ann ben"],
  ["a header and nobody", "Name,Email\n", ""],
  ["a directory in an unknown language", "Vardas,Kontaktas\nAnn,ann@x.org\nBen,ben@x.org\n", "ann ben"],
  ["a report with a title", "Team list 2026\n\nName;Kontakt\nAnn;ann@x.org\nBen;ben@x.org\n", "ann ben"],
  ["a sheet with bars", "name|email\nAnn|ann@x.org\n", "ann"],
  ["a sheet with commas in its names", "Name;Email\nBerg, Ann;ann@x.org\nOkafor, Ben;ben@x.org", "ann ben"],
  ["a sheet that quotes whole lines", '"name,email"\n"Ann,ann@x.org"\n', "ann"],
  [
    "Google's groups, where each row has the group's address",
    "Group Email [Required],Member Email,Member Name,Member Type\nops@home.org,ann@x.org,Ann,USER\nops@home.org,ben@x.org,Ben,USER\n",
    "ann ben",
  ],
  [
    "Entra's bulk creation",
    "version:v1.0,,\nName [displayName] Required,User name [userPrincipalName] Required,Initial password [passwordProfile] Required\nAnn,ann@x.org,pw\n",
    "ann",
  ],
  [
    "Entra's groups",
    "version:v1.0\nMember object ID or user principal name [memberObjectIdOrUpn] Required\nann@x.org\nben@x.org\n",
    "ann ben",
  ],
  [
    "Exchange, which marks the main address with capital letters",
    '"DisplayName","EmailAddresses"\r\n"Ann","smtp:a@home.org;SMTP:ann@x.org"\r\n"Ben","smtp:b@home.org SMTP:ben@x.org X500:/o=x"\r\n',
    "ann ben",
  ],
  [
    "LinkedIn, whose notes mention addresses",
    'Notes:\n"Some of the email addresses are missing."\n\nFirst Name,URL,Email Address,Company\nAnn,https://a,ann@x.org,X\nBen,https://b,ben@x.org,X\n',
    "ann ben",
  ],
  [
    "Outlook in Danish with the second address first",
    '"E-mail-adresse 2","E-mail-adresse"\r\n"a@home.org","ann@x.org"\r\n"b@home.org","ben@x.org"\r\n',
    "ann ben",
  ],
  ["a directory in Finnish", "Henkilökohtainen sähköposti;Työsähköposti\na@home.org;ann@x.org\n", "ann"],
  ["a sheet with a title as wide as the table", "Staff,,\nNimi,Kontakt,Tel\nAnn,ann@x.org,1\n", "ann"],
  ["managers beside people, without column names", "ann@x.org,boss@x.org\nben@x.org,boss@x.org\n", "ann ben"],
  ["managers before people, without column names", "boss@x.org,ann@x.org\nboss@x.org,ben@x.org\n", "ann ben"],
  ["a list with several people in a row", "ann@x.org,ben@x.org\nkim@x.org,lea@x.org\n", "ann ben kim lea"],
  ["managers in an unknown language", "Vadovas,Kontaktas\nb@home.org,ann@x.org\nb@home.org,ben@x.org\n", "ann ben"],
  ["a line of addresses", "ann@x.org;ben@x.org;cid@x.org", "ann ben cid"],
  ["lines of addresses below a title", "Emails\nann@x.org,ben@x.org\ncid@x.org\n", "ann ben cid"],
  ["a mail's recipients", "Berg, Ann <ann@x.org>; Okafor, Ben <ben@x.org>\n", "ann ben"],
  ["an address book", "BEGIN:VCARD\nN:Berg;Ann\nEMAIL;TYPE=WORK:ann@x.org\nEND:VCARD\n", "ann"],
  ["Excel with an unusual separator", "sep=^\r\nname^email\r\nBerg, Ann^ann@x.org\r\n", "ann"],
  ["a sheet with several addresses in a cell", 'team,email\nops,"ann@x.org, ben@x.org"\n', "ann ben"],
];

describe("a CSV", () => {
  test.each([
    "ann@x.org,ben@x.org,kim@x.org\ncid@x.org,dan@x.org,kim@x.org\n",
    "ann@x.org\nben@x.org,kim@x.org\ncid@x.org\ndan@x.org,kim@x.org\n",
  ])("with several people in a row, one of them twice, loses nobody: %j", (text) => {
    const emails = readCsv(text, []).map(({ email }) => email.replace("@x.org", ""));
    expect([...new Set(emails)].toSorted()).toEqual(["ann", "ben", "cid", "dan", "kim"]);
  });

  test.each(EXPORTS)("from %s gives one address for each person", (_, text, names) => {
    expect(readCsv(text, ["Admin", "Member"]).map(({ email }) => email)).toEqual(
      names
        .split(" ")
        .filter(Boolean)
        .map((name) => `${name}@x.org`),
    );
  });

  test.each([
    ["entra-bulk.csv", [[3, "ann@example.com", null]]],
    ["google-workspace.csv", [[2, "ann@example.com", null]]],
    [
      "invisible-cells.csv",
      [
        [2, "ann@example.com", "Member"],
        [3, "ben@example.com", "Member"],
      ],
    ],
    ["m365-users.csv", [[2, "ann@example.com", null]]],
    [
      "one-column-no-header.csv",
      [
        [1, "ann@example.com", null],
        [2, "ben@example.com", null],
      ],
    ],
    ["pass-outlook-english.csv", [[2, "ann@example.com", null]]],
    ["sep-semicolon.csv", [[3, "ann@example.com", "Member"]]],
    ["two-email-columns.csv", [[2, "ann@example.com", null]]],
  ])("file %s is read with the right lines, addresses and roles", (file, expected) => {
    expect(csv(read(`csv/${file}`))).toEqual(expected);
  });

  test("without a column called role finds it by role names, but ignores Slack's status column", () => {
    const roles = (text: string) => readCsv(text, ["Admin", "Member"]).map(({ roleName }) => roleName);
    expect(roles("ann@x.org,Member\nben@x.org,Chief\ncid@x.org,admin")).toEqual(["Member", "Chief", "admin"]);
    expect(roles("Vardas,Pareigos,Paštas\nAnn,Admin,ann@x.org\nBen,Member,ben@x.org")).toEqual(["Admin", "Member"]);
    expect(roles("email,status\nann@x.org,Admin\nben@x.org,Member")).toEqual([null, null]);
  });

  test("never takes somebody else's address for a person without one", () => {
    expect(csv("Name,Manager Email,Email\nAnn,boss@x.org,\nBen,boss@x.org,ben@x.org")).toEqual([
      [2, "", null],
      [3, "ben@x.org", null],
    ]);
    expect(csv("Email,Vadovas\n,boss@x.org\nann@x.org,chief@x.org\nben@x.org,boss@x.org").map(([, email]) => email)).toEqual([
      "",
      "ann@x.org",
      "ben@x.org",
    ]);
    expect(csv("Work Email,Home Email\n,ann@x.org\nben@x.org,")).toEqual([
      [2, "ann@x.org", null],
      [3, "ben@x.org", null],
    ]);
  });

  test.each(["Role (optional)", "whoot role", "Rooli", "権限", "תפקיד", "الدور", "Rolė", "Szerepkör"])(
    "with a column called %s keeps what is no role, so that the verdict can say so",
    (name) => {
      const roles = readCsv(`Email,${name}\nann@x.org,Member\nben@x.org,Chief\n`, ["Admin", "Member"]);
      expect(roles.map(({ roleName }) => roleName)).toEqual(["Member", "Chief"]);
    },
  );

  test("with two columns called role uses the one with role names", () => {
    const roles = readCsv("Rôle;Role;Email\n;Member;ann@x.org\n;Boss;ben@x.org", ["Admin", "Member"]);
    expect(roles.map(({ roleName }) => roleName)).toEqual(["Member", "Boss"]);
  });

  const expected = [
    [2, "ada@x.org", "Admin"],
    [3, "ben@x.org", null],
  ];

  test.each([
    ["commas", "email,role\nada@x.org,Admin\nben@x.org,\n"],
    ["semicolons, CRLF and a BOM, as Excel in Europe writes", "\ufeffEmail;Role\r\nada@x.org;Admin\r\nben@x.org;\r\n"],
    ["tabs, columns in another order, others between", "Name\tROLE\tE-Mail\nAda\tAdmin\tada@x.org\nBen\t\tben@x.org"],
    ["quotes", '"email","role"\n"ada@x.org","Admin"\n"ben@x.org",""\n'],
    ["tabs between quotes", '"email"\t"role"\n"ada@x.org"\t"Admin"\n"ben@x.org"\t""\n'],
    ["spaces around", " email , role \n ada@x.org , Admin \n ben@x.org , \n"],
    ["old Macs' line ends", "email,role\rada@x.org,Admin\rben@x.org,\r"],
    ["names with the address", 'email,role\nAda <ada@x.org>,Admin\n"Ben, Jr <ben@x.org>",\n'],
    ["a shorter line and a longer one", "email,role,note\nada@x.org,Admin,a,b,c\nben@x.org\n"],
  ])("with %s", (_, text) => {
    expect(csv(text)).toEqual(expected);
  });

  test("with empty lines and line breaks in cells gives the line numbers that an editor shows", () => {
    expect(csv('email,note\n\nada@x.org,"two\nlines"\n,\nben@x.org,\n')).toEqual([
      [3, "ada@x.org", null],
      [6, "ben@x.org", null],
    ]);
  });

  test("with formulas in its cells is read as plain text", () => {
    const [line] = readCsv('email,role\n"=HYPERLINK(""http://evil.example"",""x"")",=1+1\n');
    expect(line).toEqual({
      line: 2,
      read: '=HYPERLINK("http://evil.example","x")',
      email: '=HYPERLINK("http://evil.example","x")',
      roleName: "=1+1",
    });
  });

  const noColumn = "No column holds email addresses. Name the columns in the first line: email, and role if lines differ.";
  test.each([
    ["empty", "", "This file is empty."],
    ["of empty lines", "\n\n", "This file is empty."],
    ["of 250,000 empty lines", "\n".repeat(250_000), "This file has more than 20,000 lines. Remove empty ones, or split it."],
    ["of 20,000 lines with empty cells", "email,role\n" + ",\n".repeat(20_000), "This file has more than 20,000 lines."],
    ["of 250,000 cells", `email\n${"a,".repeat(250_000)}`, "This file has more than 200,000 cells."],
    ["without addresses", "name,role\nAda,Admin\n", noColumn],
    [
      "with an open quote",
      'email\nada@x.org\n\n"ben@x.org\ncid@x.org\ndan@x.org\n',
      "The record that begins in line 4 has a quotation mark that is never closed.",
    ],
    [
      "with an open quote in a long file",
      `email\r\nada@x.org\r\n"ben@x.org\r\n${"x@x.org\r\n".repeat(5_000)}`,
      "Line 3 is too long. It may have a quotation mark that is never closed.",
    ],
    ["with an endless line", `email\n${"x".repeat(200_000)}\n`, "Line 2 is too long."],
    [
      "in another encoding",
      "email,role\nada@x.org,Pr\ufffdfer\n",
      "This file isn't UTF-8. Save it as “CSV UTF-8” and try again.",
    ],
    ["too long", `email\n${"a@x.org\n".repeat(1_001)}`, "That's more than 1,000 people. Invite them in several parts."],
  ])("%s is refused with a reason", (_, text, sentence) => {
    expect(refusal(() => readCsv(text))).toContain(sentence);
  });

  test("of arbitrary bytes and characters is refused or read, and never throws another error (property)", () => {
    const program = readFileSync(process.execPath).subarray(0, 20_000).toString("latin1");
    expect(refusal(() => readCsv(program))).not.toBe("not refused");
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("email,role;\t\n\r\"'@=\ufeffx ")), maxLength: 300 }),
        (text) => {
          refusal(() => readCsv(text));
          refusal(() => readCsv(`email,role\n${text}`));
        },
      ),
    );
  });
});
