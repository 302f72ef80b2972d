export { toOneLine } from '../base/foreign-text.ts';
