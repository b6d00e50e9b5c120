import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(js|css|svg|json)$/;

/**
 * Writes a `.br` and a `.gz` beside every asset that gets smaller by it, so that the service
 * compresses nothing while it serves. The folder itself is kept by git, empty: the service embeds
 * it whether or not anything was built.
 */
export function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      await writeFile(join(folder, ".gitignore"), "*\n!.gitignore\n");
      const assets = join(folder, "assets");
      const names = (await readdir(assets)).filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(names.map((name) => beside(join(assets, name))));
    },
  };
}

async function beside(file: string): Promise<void> {
  const bytes = await readFile(file);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  const made = {
    br: await promisify(brotliCompress)(bytes, quality),
    gz: await promisify(gzip)(bytes, { level: 9 }),
  };
  for (const [extension, compressed] of Object.entries(made)) {
    if (compressed.length < bytes.length) await writeFile(`${file}.${extension}`, compressed);
  }
}
