declare module "*.wasm" {
  const url: string; // of the file, beside the script that asks for it
  export default url;
}
