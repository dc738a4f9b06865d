/** Says when the scripts of a page have all been started; for who measures or drives a page. */

performance.measure("scripts-ready");
