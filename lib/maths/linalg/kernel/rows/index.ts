export { isFused } from './madd';
export { addColumns, takeColumns, toCoordinates } from './columns';
export { addOuterProducts, addVectors, squareProducts, squareSingles } from './vectors';
