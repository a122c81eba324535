// Builds the style sheet, the scripts and the font into the package: infra24/web/static.
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const out = new URL("../infra24/web/static/", import.meta.url);
const modules = new URL("./node_modules/", import.meta.url);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  entryPoints: {
    book: "src/book.ts",
    embed: "src/embed.ts",
    copy: "src/copy.ts",
    calendar: "src/calendar/index.ts",
    passkeys: "src/passkeys.ts",
    week: "src/week/index.ts",
    bookings: "src/bookings.ts",
    app: "src/app.css",
    work: "src/staff.css",
    reference: "src/reference.css",
  },
  outdir: out.pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox128", "safari17.5"],
  external: ["*.woff2"],
  legalComments: "none",
  metafile: true,
});

const font = "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2";
cpSync(new URL(font, modules), new URL("figtree.woff2", out));
const htmx = readFileSync(new URL("htmx.org/dist/htmx.min.js", modules), "utf8");
writeFileSync(new URL("htmx.js", out), htmx.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
cpSync(new URL("./src/icon.svg", import.meta.url), new URL("icon.svg", out));

// What went into the bundles is found by what was read; its licence is its own file, or here where it has none.
const bundled = Object.keys(metafile.inputs).map(
  (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
);
const shipped = [...new Set(["htmx.org", "@fontsource-variable/figtree", ...bundled.filter(Boolean)])];
const licences = shipped.map((name) => {
  const { version, license } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), "utf8"));
  const found = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt"].find((file) =>
    existsSync(new URL(`${name}/${file}`, modules)),
  );
  const own = new URL(`./licences/${name.replaceAll("/", "-")}.txt`, import.meta.url);
  const text = readFileSync(found ? new URL(`${name}/${found}`, modules) : own, "utf8");
  return `${name} ${version} (${license})\n\n${text}`;
});
writeFileSync(new URL("THIRD_PARTY_LICENSES.txt", out), licences.join(`\n\n${"-".repeat(72)}\n\n`));
