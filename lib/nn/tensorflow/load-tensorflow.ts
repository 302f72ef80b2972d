/**
 * TensorFlow.js for Node, where somebody has installed it. It is asked for by its name when a training wants it, so that
 * neither a bundle nor an installation without it knows of it.
 */
import type * as tfjs from '@tensorflow/tfjs-core';
import { ModelError } from '../../base/errors.ts';

/** What TensorFlow.js for Node gives, as far as it is used: the operations of its core, on the backend that it sets. */
export type TensorFlow = typeof tfjs;

const PACKAGE = '@tensorflow/tfjs-node';

/** @throws ModelError `no-tensorflow` where it is not installed, or does not work on this Node */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const loaded = await importPackage();
  // As a CommonJS package it has all of its names under `default` alone.
  const tf = loaded.default ?? loaded;
  try {
    await tf.ready();
    // tfjs-node 4.22 loads on Node 23 and later, and fails with the first operation that takes a list.
    tf.tidy(() => tf.concat([tf.tensor1d([1]), tf.tensor1d([2])]).dataSync());
  } catch (error) {
    throw new ModelError(
      'no-tensorflow',
      `engine tensorflow: ${PACKAGE} is installed and does not work on Node ${process.versions.node}: ${sayCause(error)}`,
      { cause: error },
    );
  }
  return tf;
}

async function importPackage(): Promise<TensorFlow & { readonly default?: TensorFlow }> {
  // A name that a bundler cannot read: nothing of it is bundled.
  const name: string = PACKAGE;
  try {
    return await import(name);
  } catch (error) {
    throw new ModelError(
      'no-tensorflow',
      `engine tensorflow: ${PACKAGE} could not be loaded; install it beside tidewatch (npm install ${PACKAGE}), or leave engine out: ${sayCause(error)}`,
      { cause: error },
    );
  }
}

/** The first line: Node adds where it has looked. */
function sayCause(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
