/** SVG to PNG by resvg in WebAssembly: no native binary, so the same zip runs on arm64 and x64. */
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import font from '#report-font';
import wasmFile from '#resvg-wasm-file';
import { readBundledFile } from '../../base/bundled-file.ts';
import { FONT } from './draw.ts';

/** Device pixels per CSS pixel: sharp in a chat or a ticket. */
const ZOOM = 2;

/** Loaded once per process: the glue refuses a second time. */
let ready: Promise<void> | undefined;

export async function rasterize(svg: string): Promise<Uint8Array> {
  ready ??= initWasm(readBundledFile(wasmFile));
  await ready;
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { fontBuffers: [font], defaultFontFamily: FONT },
  });
  try {
    const image = resvg.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    resvg.free();
  }
}
