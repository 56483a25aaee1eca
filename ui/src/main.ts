import { mount } from "svelte";
import App from "./App.svelte";
import { tauriHost } from "./host/tauri";
import "./style/index.css";

mount(App, { target: document.body, props: { host: tauriHost } });
