// Bundles what pages load from packages into ../built: `node build.mjs`. Third-party licences go beside each bundle.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const here = fileURLToPath(new URL(".", import.meta.url));
const built = join(here, "..", "built");
rmSync(built, { recursive: true, force: true });

const result = await build({
  entryPoints: ["audio", "charts", "live"].map((name) => join(here, "src", `${name}.js`)),
  outdir: built,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
});

for (const path of Object.keys(result.metafile.outputs)) {
  if (!path.endsWith(".js")) continue;
  const bytes = readFileSync(path);
  const kilobytes = (n) => `${(n / 1000).toFixed(1)} kB`;
  console.log(`${path.split("/").pop()}: ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} gzip`);
}
