// Builds what the browser loads: one style sheet, one font, one script and another one
// for the page that a card is asked for on, one icon sprite.
// Every file is named by its content, so it can be cached for ever;
// manifest.json says which name is current. Run by launcher/run/assets.py.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const output = path.join(root, "web/static/build");

const THEMES = ["data-bs-theme", "light", "dark", "system"];

const manifest = {};

async function emit(name, content) {
  const { name: stem, ext } = path.parse(name);
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const file = `${stem}-${digest}${ext}`;
  await writeFile(path.join(output, file), content);
  manifest[name] = file;
  return file;
}

// The policy allows images from our own address only, so the small pictures that
// Tabler writes into its rules as data: become files.
async function moveImagesOut(css) {
  const found = new Set(css.match(/url\("?data:image\/svg\+xml,[^)"]*"?\)/g));
  let number = 0;
  for (const url of found) {
    const data = url.replace(/^url\("?data:image\/svg\+xml,|"?\)$/g, "");
    const file = await emit(`shape${(number += 1)}.svg`, decodeURIComponent(data));
    css = css.replaceAll(url, `url(${file})`);
  }
  if (css.includes("data:")) throw new Error("a data: address is left in the styles");
  return css;
}

// Our own rules are all kept: some of their class names are put together by macros,
// where a search of the templates can't find them.
async function ownClasses() {
  const names = new Set();
  for (const file of await readdir(path.join(here, "css"))) {
    const css = await readFile(path.join(here, "css", file), "utf8");
    for (const [, name] of css.matchAll(/\.([a-z][a-z0-9-]*)/g)) names.add(name);
  }
  return names;
}

// The font itself is made by launcher/run/font.py; its licence goes with it.
async function buildFont() {
  const folder = path.join(root, "node_modules");
  const licence = path.join(folder, "@fontsource-variable/inter/LICENSE");
  await emit("inter-LICENSE.txt", await readFile(licence));
  return emit("inter.woff2", await readFile(path.join(folder, ".cache/inter.woff2")));
}

async function buildStyles() {
  const font = await buildFont();
  const bundle = await esbuild.build({
    entryPoints: [path.join(here, "css/app.css")],
    bundle: true,
    write: false,
    legalComments: "none",
    external: ["*.woff2"],
  });
  const [purged] = await new PurgeCSS().purge({
    content: [path.join(root, "web/templates/**/*.html"), path.join(here, "js/*.js")],
    css: [{ raw: bundle.outputFiles[0].text }],
    safelist: { standard: [...THEMES, ...(await ownClasses())] },
    keyframes: true,
    variables: true,
  });
  const named = purged.css.replaceAll(/url\("?[./]*inter\.woff2"?\)/g, `url(${font})`);
  const css = await moveImagesOut(named);
  const small = await esbuild.transform(css, { loader: "css", minify: true });
  await emit("app.css", small.code);
}

async function buildScript(name) {
  const bundle = await esbuild.build({
    entryPoints: [path.join(here, "js", name)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
  });
  await emit(name, bundle.outputFiles[0].text);
}

async function buildIcons() {
  const names = JSON.parse(await readFile(path.join(here, "icons.json"), "utf8"));
  const folder = path.join(root, "node_modules/@tabler/icons/icons/outline");
  const symbols = [];
  for (const name of [...names.interface, ...names.families].sort()) {
    const svg = await readFile(path.join(folder, `${name}.svg`), "utf8");
    const shapes = svg
      .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
      .replace(/\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .trim();
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`);
  }
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
  await emit("icons.svg", sprite);
  await emit("favicon.svg", await readFile(path.join(here, "favicon.svg")));
}

async function removeOldFiles() {
  const kept = new Set([...Object.values(manifest), "manifest.json"]);
  for (const file of await readdir(output)) {
    if (!kept.has(file) && /-[0-9a-f]{12}\.(css|js|svg|txt|woff2)$/.test(file)) {
      await rm(path.join(output, file));
    }
  }
}

await mkdir(output, { recursive: true });
await Promise.all([
  buildStyles(),
  buildScript("app.js"),
  buildScript("card.js"),
  buildIcons(),
]);
const draft = path.join(output, "manifest.json.new");
await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(draft, path.join(output, "manifest.json"));
await removeOldFiles();
