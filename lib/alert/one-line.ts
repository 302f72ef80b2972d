export { toOneLine } from '../foreign-text.ts';
