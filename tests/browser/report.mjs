// The HTML report as a reader has it, in a real browser.
//
//   node report.mjs CHROMIUM REPORT.html REPORT.json
//
// The report is of several documents, one of them hostile; the JSON is of the same run. Ends with `N passed, N failed`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, htmlPath, jsonPath] = process.argv.slice(2);
const address = pathToFileURL(htmlPath).href;
const report = JSON.parse(readFileSync(jsonPath, "utf8"));
const labels = report.labels.map((label) => label.id);
const ecology = labels.indexOf("ecology");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 0 });
const requests = [];
const errors = [];

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  // However slow the machine is: what does not come at all is for whoever runs this to end.
  page.setDefaultTimeout(600_000);
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(`${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  await page.goto(address);
  return page;
}

const tests = [];
const test = (name, run) => tests.push([name, run]);

/** A share as the page writes it. */
const percent = (share) => `${(100 * share).toFixed(1)}%`;
/** Whether text is a share to one decimal; a tie may be rounded either way. */
const isShare = (text, share) => /^\d+\.\d%$/.test(text) && Math.abs(parseFloat(text) - 100 * share) < 0.0501;
const visible = (page, selector) =>
  page.$$eval(selector, (found) => found.filter((element) => element.checkVisibility()).length);
const column = (page, at) =>
  page.$$eval("#heat tbody tr", (rows, at) => rows.map((row) => Number(row.cells[at].dataset.v)), at);

test("a table sorts, both ways, and keeps its total", async (page) => {
  const at = await page.$$eval("#heat thead th", (heads) => heads.findIndex((head) => head.classList.contains("t0")));
  const before = await column(page, at);
  await page.click("#heat thead th.t0 button");
  const falling = await column(page, at);
  assert.deepEqual(falling, [...before].sort((a, b) => b - a));
  assert.equal(await page.getAttribute("#heat thead th.t0", "aria-sort"), "descending");
  await page.click("#heat thead th.t0 button");
  assert.deepEqual(await column(page, at), [...before].sort((a, b) => a - b));
  assert.equal(await page.$$eval("#heat tfoot tr", (rows) => rows.length), 1);
});

test("a table is filtered by name", async (page) => {
  const rows = await visible(page, "#heat tbody tr");
  const name = report.documents[1].document;
  await page.fill("input[data-table=heat]", name);
  assert.equal(await visible(page, "#heat tbody tr"), 1);
  await page.fill("input[data-table=heat]", "");
  assert.equal(await visible(page, "#heat tbody tr"), rows);
});

test("a ranking shows one theme at a time", async (page) => {
  assert.equal(await visible(page, "#ranking [role=tabpanel]"), 1);
  await page.click("#ranking-tab-1");
  assert.equal(await visible(page, "#ranking-1"), 1);
  assert.equal(await visible(page, "#ranking [role=tabpanel]"), 1);
});

test("paragraphs are filtered by theme", async (page) => {
  await page.click("#unfold");
  const all = await visible(page, ".p");
  const touching = report.documents.flatMap((document) => document.blocks).filter(
    (block) => block.primary === "ecology" || (block.themes ?? []).includes("ecology"),
  );
  await page.click(`[data-filter="${ecology}"]`);
  assert.equal(await visible(page, ".p"), touching.length);
  assert.ok(touching.length > 0 && touching.length < all);
  assert.match(await page.textContent(".filter output"), new RegExp(`\\b${touching.length}\\b`));
  const wrong = await page.$$eval(
    ".p",
    (paragraphs, label) =>
      paragraphs.filter((p) => p.checkVisibility() !== p.dataset.t.split(" ").includes(`${label}`)).length,
    ecology,
  );
  assert.equal(wrong, 0);
  await page.click('[data-filter=""]');
  assert.equal(await visible(page, ".p"), all);
});

test("paragraphs are found by their words", async (page) => {
  await page.click("#unfold");
  const has = (block) => block.primary && block.text.includes("粮食");
  const expected = report.documents.flatMap((document) => document.blocks).filter(has).length;
  await page.fill("#search", "粮食");
  await page.waitForFunction(() => document.querySelector(".filter output").textContent !== "");
  assert.ok(expected > 0);
  assert.equal(await visible(page, ".p"), expected);
  await page.fill("#search", "没有这样的词语");
  await page.waitForFunction(() => /^\D*0\D/.test(document.querySelector(".filter output").textContent));
  assert.equal(await visible(page, ".p"), 0);
});

test("a document opens from the table and shows its paragraphs in order", async (page) => {
  assert.equal(await visible(page, "#d2 .p"), 0);
  await page.click('#heat a[href="#d2"]');
  await page.waitForFunction(() => document.getElementById("d2").open);
  const shown = await page.$$eval("#d2 .p", (paragraphs) =>
    paragraphs.map((p) => [Number(p.id.split("-")[1]), Number(p.dataset.l), p.querySelector("[data-text]").textContent]),
  );
  const blocks = report.documents[1].blocks.filter((block) => block.primary);
  assert.deepEqual(shown, blocks.map((block) => [block.index, labels.indexOf(block.primary), block.text]));
  assert.ok(await page.evaluate(() => document.getElementById("d2").getBoundingClientRect().top < innerHeight));
});

test("deciding terms are underlined where they stand", async (page) => {
  const underlined = await page.$$eval("#d1 .p u", (terms) => terms.map((term) => term.textContent));
  assert.ok(underlined.length > 0);
  const terms = report.documents[0].blocks.flatMap((block) => block.terms ?? []).map((term) => term.term);
  const known = (text) => terms.some((term) => text.toLowerCase().includes(term.replaceAll(" ", "").slice(0, 2)));
  assert.deepEqual(underlined.filter((text) => !known(text)), []);
});

test("what a hostile document says is text", async (page) => {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.$$eval("script", (scripts) => scripts.length), 1);
  assert.equal(await page.$$eval("img, iframe, object, embed, form, base, meta[http-equiv=refresh]", (all) => all.length), 0);
  assert.equal(await page.$$eval("*", (all) => all.filter((e) => e.getAttributeNames().some((n) => n.startsWith("on"))).length), 0);
  const text = await page.evaluate(() => document.body.textContent);
  const hostile = report.documents.flatMap((document) => document.blocks).filter((block) => block.text.includes("<script>"));
  assert.ok(hostile.length > 0);
  for (const block of hostile) assert.ok(text.includes(block.text), block.text);
});

test("figures in the tables are those of the JSON", async (page) => {
  const rows = await page.$$eval("#heat tbody tr", (rows) =>
    rows.map((row) => [row.title, [...row.querySelectorAll("td.h")].map((cell) => cell.textContent)]),
  );
  assert.equal(rows.length, report.documents.length);
  for (const [name, cells] of rows) {
    const document = report.documents.find((document) => document.document === name);
    assert.equal(cells.length, labels.length);
    document.labels.forEach((label, at) => assert.ok(isShare(cells[at], label.share_by_characters), `${name} ${cells[at]}`));
  }
  const total = await page.$$eval("#heat tfoot td.h", (cells) => cells.map((cell) => cell.textContent));
  report.overall.labels.forEach((label, at) => assert.ok(isShare(total[at], label.share_by_characters)));
  const cards = await page.$$eval(".card .figure", (figures) => figures.map((figure) => figure.firstChild.data));
  cards.forEach((card, at) => assert.ok(isShare(card, report.overall.labels[at].share_by_characters)));
  const ranking = await page.$$eval("#ranking-0 tbody tr", (rows) =>
    rows.map((row) => [row.cells[0].textContent, row.cells[2].textContent, row.cells[4].textContent]),
  );
  const expected = report.documents.map((document) => document.labels[0]).sort((a, b) => a.rank - b.rank);
  ranking.forEach(([rank, share, mean], at) => {
    assert.equal(Number(rank), expected[at].rank);
    assert.ok(isShare(share, expected[at].share_by_characters));
    assert.ok(/^\d/.test(mean));
  });
});

test("probabilities of paragraphs are those of the JSON", async (page) => {
  const shown = await page.$$eval(".p", (paragraphs) =>
    paragraphs.map((p) => [p.id, p.querySelector(".tag").textContent.match(/[\d.]+%/)[0], p.title]),
  );
  const blocks = new Map();
  report.documents.forEach((document, at) =>
    document.blocks.forEach((block) => blocks.set(`d${at + 1}-${block.index}`, block)),
  );
  assert.equal(shown.length, [...blocks.values()].filter((block) => block.primary).length);
  for (const [id, tag, title] of shown) {
    const block = blocks.get(id);
    assert.ok(isShare(tag, block.probabilities[block.primary]), `${id} ${tag}`);
    const all = [...Object.values(block.probabilities), ...Object.values(block.theme_probabilities)];
    for (const number of title.match(/[\d.]+%/g) ?? []) assert.ok(all.some((p) => isShare(number, p)), `${id} ${number}`);
  }
});

test("every number of the overview is found in the JSON", async (page) => {
  // Texts, terms and names are the documents' own; headings and explanations name methods; ticks are round.
  const numbers = await page.evaluate(() => {
    const skip = "[data-text], thead, .about, .axis, .tick, footer.end, script, style, a[href*='#d'], th[scope=row], " +
      ".terms-of > summary, details.doc, nav, .filter, dt";
    const found = [];
    const take = (text, where) => {
      for (const number of text.match(/[+−]?\d[\d,]*(\.\d+)?%?/g) ?? []) found.push([number, where]);
    };
    const walker = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!parent.closest(skip)) take(walker.currentNode.data, walker.currentNode.data.trim());
    }
    for (const chart of document.querySelectorAll("main > section svg[aria-label]")) {
      if (!chart.closest("details.doc")) take(chart.getAttribute("aria-label"), "chart");
    }
    return found;
  });
  const known = [report.failed.length];
  const collect = (value, name) => {
    if (typeof value === "number") known.push(value);
    else if (value && typeof value === "object" && name !== "blocks") {
      for (const [key, inner] of Object.entries(value)) collect(inner, key);
    }
  };
  collect(report, "");
  assert.ok(numbers.length > 100);
  for (const [text, where] of numbers) {
    const value = Number(text.replace("−", "-").replace(/[+,%]/g, ""));
    const decimals = (text.split(".")[1] ?? "").replace("%", "").length;
    const close = (number) => Math.abs(number - value) <= 0.5 * 10 ** -decimals + 1e-9;
    const is = (number) => {
      if (text.endsWith("%")) return close(100 * number);
      return decimals === 0 ? number === value : close(number) || close(100 * number);
    };
    assert.ok(known.some(is), `${text} in "${where}" is not in the JSON`);
  }
});

test("light and dark can be chosen", async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const before = await ground();
  await page.click("#mode");
  assert.notEqual(await ground(), before);
  await page.click("#mode");
  assert.equal(await ground(), before);
});

test("a touch on a tag shows the probabilities", async (page) => {
  await page.click("#unfold");
  await page.click("#d1 .tag");
  assert.equal(await visible(page, "#d1 .probabilities"), 1);
});

test("nothing is wider than a phone", async () => {
  const page = await open({ viewport: { width: 390, height: 844 } });
  await page.click("#unfold");
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  await page.context().close();
});

test("it can be read without a script", async () => {
  const page = await open({ javaScriptEnabled: false });
  const panels = await page.locator("#ranking [role=tabpanel]").count();
  for (let at = 0; at < panels; at++) assert.ok(await page.locator("#ranking [role=tabpanel]").nth(at).isVisible());
  assert.equal(await page.locator(".js-only:visible").count(), 0);
  await page.locator("#d1 > summary").click();
  assert.ok(await page.locator("#d1 .p").first().isVisible());
  await page.context().close();
});

test("in print all is there and no button", async (page) => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await visible(page, "button.button"), 0);
  assert.equal(await visible(page, "#ranking [role=tabpanel]"), await page.$$eval("#ranking [role=tabpanel]", (all) => all.length));
});

let failed = 0;
for (const [name, run] of tests) {
  const page = await open();
  try {
    await run(page);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
  await page.context().close();
}
const elsewhere = requests.filter((url) => url !== address && !url.startsWith(`${address}#`));
for (const [name, found] of [["no request but for the page", elsewhere], ["no script error", errors]]) {
  if (found.length === 0) console.log(`ok      ${name}`);
  else {
    failed++;
    console.log(`FAILED  ${name}\n${[...new Set(found)].join("\n")}`);
  }
}
await browser.close();
console.log(`${tests.length + 2 - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
