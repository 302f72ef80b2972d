/** Name of a source in a deployment's list and in `spec.source`. */
export const SOURCE_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
